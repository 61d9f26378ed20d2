// Divides work among ranks: parts that do not depend on each other are done by turns, and every rank is given the
// results of all parts in their order, so that what is made of them is what one process makes.
#pragma once

#include "runtime/device/ranks/Ranks.h"

#include <cstring>

namespace ganrt {

/// Calls `make` for each part on one rank, and `take` with what it returned on every rank, in the order of the parts.
/// Without ranks this process does all. All ranks call this with the same number of parts.
void byTurns(Ranks *ranks, uint64_t parts, const std::function<std::string(uint64_t)> &make,
             const std::function<void(uint64_t, const std::string &)> &take);

/// The bytes of numbers, as `make` returns them, and back.
template <class T> std::string bytesOfNumbers(const std::vector<T> &numbers) {
  return {reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(T)};
}
template <class T> std::vector<T> numbersOfBytes(const std::string &bytes) {
  std::vector<T> numbers(bytes.size() / sizeof(T));
  memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}

} // namespace ganrt
