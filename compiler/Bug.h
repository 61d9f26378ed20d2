// Checks of what only a mistake of ours can break. Unlike assertions they stand in release builds as well: the worst
// that a compiler can do is to go on and give a program that computes something else.
#pragma once

#include <stdexcept>

namespace gan {

/// A promise between parts of ganc that was broken. The driver tells it as a bug of ganc, with the stage.
struct BrokenPromise : std::logic_error {
  using std::logic_error::logic_error;
};

/// `promise`: what always holds, as a sentence.
inline void ensure(bool holds, const char *promise) {
  if (!holds)
    throw BrokenPromise(promise);
}

} // namespace gan
