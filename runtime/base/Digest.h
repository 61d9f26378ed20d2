// A digest tells whether bytes are still those that were written. It is a 64-bit XXH3 hash, which detects damage but
// does not protect against a deliberate change.
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
  /// The digest of all bytes so far, in hexadecimal.
  std::string text() const;

private:
  struct Free {
    void operator()(XXH3_state_s *state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state;
};

std::string digestOf(const void *bytes, size_t count);

} // namespace ganrt
