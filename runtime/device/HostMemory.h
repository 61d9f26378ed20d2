// Memory of the host. The CPU's kernels work on it, and the host fills it with the inputs for the kernels of any
// device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/mman.h>

namespace ganrt {

/// Zeroed memory that is aligned to pages. Throws UserError if there is not enough.
class HostMemory {
public:
  explicit HostMemory(size_t bytes = 0);
  uint8_t *data() const { return bytes.get(); }
  size_t size() const { return count; }

private:
  struct Free {
    size_t count;
    void operator()(uint8_t *p) const { munmap(p, count); }
  };
  size_t count;
  std::unique_ptr<uint8_t, Free> bytes;
};

} // namespace ganrt
