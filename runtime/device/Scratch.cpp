#include "runtime/device/Scratch.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace ganrt {
namespace {

/// Room before and behind a block: a vector, and the block's size, which lies in front of it.
constexpr size_t margin = 128;
/// Smaller blocks are left to the C library, which keeps them itself.
constexpr size_t large = size_t(1) << 20;
/// A block of the system's large pages; such a block begins where one begins.
constexpr size_t hugePage = size_t(2) << 20;

struct Block {
  uint8_t *memory;
  size_t bytes;
};

/// Large blocks that nobody uses now.
class Pool {
public:
  /// The smallest idle block that is large enough and of which at least a quarter is used; null if there is none. If
  /// blocks are too small, one of them is given up, so that a pool has no more blocks than were ever in use at once.
  Block take(size_t bytes) {
    std::lock_guard lock(mutex);
    auto best = idle.end(), small = idle.end();
    for (auto it = idle.begin(); it != idle.end(); ++it) {
      if (it->bytes >= bytes && it->bytes <= 4 * bytes && (best == idle.end() || it->bytes < best->bytes))
        best = it;
      if (it->bytes < bytes && (small == idle.end() || it->bytes > small->bytes))
        small = it;
    }
    if (best != idle.end()) {
      Block block = *best;
      idle.erase(best);
      return block;
    }
    if (small != idle.end()) {
      free(small->memory);
      idle.erase(small);
    }
    return {nullptr, 0};
  }

  void give(Block block) {
    std::lock_guard lock(mutex);
    idle.push_back(block);
  }

private:
  std::mutex mutex;
  std::vector<Block> idle;
};

Pool &pool() {
  static auto *pool = new Pool; // threads may give blocks back while the program ends
  return *pool;
}

Block allocate(size_t bytes) {
  if (bytes < large)
    return {static_cast<uint8_t *>(std::aligned_alloc(margin, bytes)), bytes};
  bytes = (bytes + hugePage - 1) / hugePage * hugePage;
  Block block{static_cast<uint8_t *>(std::aligned_alloc(hugePage, bytes)), bytes};
  if (block.memory)
    madvise(block.memory, block.bytes, MADV_HUGEPAGE); // only a wish
  return block;
}

} // namespace

void *takeScratch(size_t bytes) {
  size_t whole = (bytes + 2 * margin + margin - 1) / margin * margin;
  Block block = whole >= large ? pool().take(whole) : Block{nullptr, 0};
  if (!block.memory)
    block = allocate(whole);
  if (!block.memory)
    return nullptr;
  new (block.memory) size_t(block.bytes);
  return block.memory + margin;
}

void giveScratch(void *memory) {
  if (!memory)
    return;
  auto *begin = static_cast<uint8_t *>(memory) - margin;
  Block block{begin, *reinterpret_cast<size_t *>(begin)};
  if (block.bytes >= large)
    pool().give(block);
  else
    free(begin);
}

} // namespace ganrt
