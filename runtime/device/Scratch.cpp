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

/// Room before and behind what a kernel sees, of which vectors may be read, and its alignment.
constexpr size_t margin = 128;
/// Smaller blocks are left to the C library, which keeps them itself.
constexpr size_t large = size_t(4) << 20;
/// A page of the system's large ones, where a large block begins.
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

/// A large block. aligned_alloc is for these alone, since it does not find small blocks again.
Block allocate(size_t bytes) {
  size_t whole = (bytes + hugePage - 1) / hugePage * hugePage;
  Block block{static_cast<uint8_t *>(std::aligned_alloc(hugePage, whole)), whole};
  if (block.memory)
    madvise(block.memory, block.bytes, MADV_HUGEPAGE); // only a wish
  return block;
}

/// The part of a block that a kernel sees. The block itself is noted in the margin before it.
uint8_t *handOut(Block block) {
  auto at = (reinterpret_cast<uintptr_t>(block.memory) + 2 * margin - 1) / margin * margin;
  auto *memory = reinterpret_cast<uint8_t *>(at);
  new (memory - sizeof(Block)) Block(block);
  return memory;
}

} // namespace

void *takeScratch(size_t bytes) {
  size_t whole = bytes + 3 * margin;
  Block block{nullptr, whole};
  if (whole < large) {
    block.memory = static_cast<uint8_t *>(malloc(whole));
  } else {
    block = pool().take(whole);
    if (!block.memory)
      block = allocate(whole);
  }
  return block.memory ? handOut(block) : nullptr;
}

void giveScratch(void *memory) {
  if (!memory)
    return;
  Block block = *reinterpret_cast<Block *>(static_cast<uint8_t *>(memory) - sizeof(Block));
  if (block.bytes >= large)
    pool().give(block);
  else
    free(block.memory);
}

} // namespace ganrt
