#include "compiler/passes/Offsets.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace gan {
namespace {

/// The lowest offset at which the buffer overlaps none of the placed ones, which are sorted by offset.
int64_t lowestFree(const Buffer &buffer, const std::vector<Buffer *> &placed, bool share) {
  int64_t offset = 0;
  for (const Buffer *other : placed) {
    if (share && (other->end < buffer.begin || buffer.end < other->begin))
      continue;
    if (offset + buffer.bytes <= other->offset)
      break;
    offset = std::max<int64_t>(offset, llvm::alignTo(other->offset + other->bytes, bufferAlignment));
  }
  return offset;
}

} // namespace

ArenaSize assignOffsets(std::vector<Buffer> &buffers, bool share) {
  std::vector<Buffer *> order, placed;
  for (Buffer &buffer : buffers)
    order.push_back(&buffer);
  llvm::stable_sort(order, [](const Buffer *a, const Buffer *b) { return a->bytes > b->bytes; });
  auto lower = [](const Buffer *a, const Buffer *b) { return a->offset < b->offset; };
  ArenaSize size;
  for (Buffer *buffer : order) {
    buffer->offset = lowestFree(*buffer, placed, share);
    placed.insert(llvm::upper_bound(placed, buffer, lower), buffer);
    size.bytes = std::max<int64_t>(size.bytes, llvm::alignTo(buffer->offset + buffer->bytes, bufferAlignment));
    size.sum += llvm::alignTo(buffer->bytes, bufferAlignment);
  }
  return size;
}

} // namespace gan
