// Memory of the device that kernels run on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/mman.h>

namespace ganrt {

/// Zeroed memory aligned to 64 bytes.
class Memory {
public:
  explicit Memory(size_t bytes = 0);
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
