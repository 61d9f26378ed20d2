#include "runtime/device/HostMemory.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <string>

namespace ganrt {

/// Maps pages from the system: they are zero already, and none takes up memory before it is used.
static uint8_t *freshPages(size_t count) {
  void *pages = mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    throw UserError("out of memory: " + std::to_string(count >> 20) + " MiB more are needed");
  if (count >= size_t(16) << 20)
    madvise(pages, count, MADV_HUGEPAGE); // only a wish, for kernels that read far apart; it rounds up what is used
  return static_cast<uint8_t *>(pages);
}

HostMemory::HostMemory(size_t size)
    : count(std::max<size_t>((size + 4095) / 4096 * 4096, 4096)), bytes(freshPages(count), Free{count}) {}

} // namespace ganrt
