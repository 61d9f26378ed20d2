// Host memory that the driver gave. The card copies from it and to it whenever the copy's turn comes; with other host
// memory the call itself waits until that memory is free again.
#pragma once

#include "compiler/ptx/Module.h"
#include "tests/ptx/mock/Errors.h"

namespace ptx::mock {

class PinnedMemory {
public:
  void *allocate(size_t bytes) {
    constexpr size_t page = 4096;
    require(bytes != 0);
    AlignedBytes data(static_cast<uint8_t *>(std::aligned_alloc(page, (bytes + page - 1) / page * page)));
    require(data != nullptr, CUDA_ERROR_OUT_OF_MEMORY);
    const uint8_t *begin = data.get();
    blocks.emplace(begin, Block{std::move(data), bytes});
    return const_cast<uint8_t *>(begin);
  }
  void free(void *memory) { require(blocks.erase(static_cast<const uint8_t *>(memory)) == 1); }
  bool holds(const void *memory) const {
    auto at = static_cast<const uint8_t *>(memory);
    auto after = blocks.upper_bound(at);
    return after != blocks.begin() && at < std::prev(after)->first + std::prev(after)->second.bytes;
  }

private:
  struct Block {
    AlignedBytes data;
    size_t bytes;
  };
  std::map<const uint8_t *, Block> blocks;
};

} // namespace ptx::mock
