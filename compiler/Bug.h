// Checks of conditions that only a bug of ours can break. Unlike assertions they are in release builds as well, because
// the worst thing that a compiler can do is to continue and produce a program that computes something else.
#pragma once

#include <stdexcept>

namespace gan {

/// A broken promise between parts of ganc. The driver reports it as a bug of ganc, with the stage.
struct BrokenPromise : std::logic_error {
  using std::logic_error::logic_error;
};

/// Throws BrokenPromise unless the condition holds. `promise` says as a sentence what always holds.
inline void ensure(bool holds, const char *promise) {
  if (!holds)
    throw BrokenPromise(promise);
}

} // namespace gan
