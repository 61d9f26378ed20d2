// What a device reports when a kernel did what it must not.
#pragma once

#include <stdexcept>

namespace ganrt {

/// A kernel accessed what it must not, or the like, which is a bug of ganc. The device can no longer be used by this
/// process.
struct DeviceFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace ganrt
