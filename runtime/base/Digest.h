// Digests tell whether bytes are still those that were written: XXH3, 64 bits. They guard against damage, not against
// somebody who means harm.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct XXH3_state_s;

namespace ganrt {

class Digest {
public:
  static constexpr size_t letters = 16;

  Digest();
  ~Digest();
  void add(const void *bytes, size_t count);
  /// Of all bytes so far, as hexadecimal.
  std::string text() const;

private:
  struct Free {
    void operator()(XXH3_state_s *state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state;
};

std::string digestOf(const void *bytes, size_t count);

} // namespace ganrt
