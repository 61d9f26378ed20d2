#include "runtime/program/Layout.h"

#include <algorithm>
#include <cstdint>

namespace ganrt {

size_t bytesOf(gan_dtype dtype) { return dtype == GAN_F64 ? 8 : dtype == GAN_U8 ? 1 : 4; }

size_t elementsOf(const gan_layout &layout) {
  size_t n = 1;
  for (uint32_t d = 0; d < layout.rank; ++d)
    n *= layout.shape[d];
  return n;
}

size_t bytesOf(const gan_layout &layout) { return elementsOf(layout) * bytesOf(layout.dtype); }

/// Calls `run` for each row of the outside tensor, or part of one, among its elements `from` to `to`, with the number
/// of the first element, the position of that in memory, the distance of the elements in memory, and their count.
template <class F> static void forEachRow(const gan_layout &layout, size_t from, size_t to, F run) {
  size_t stride[GAN_MAX_RANK], step = 1;
  for (uint32_t i = layout.view_rank; i-- > 0;) {
    stride[layout.order[i]] = step;
    step *= layout.view[layout.order[i]];
  }
  uint32_t last = layout.view_rank ? layout.view_rank - 1 : 0;
  size_t length = layout.view_rank ? size_t(layout.view[last]) : 1, apart = layout.view_rank ? stride[last] : 1;
  size_t index[GAN_MAX_RANK] = {}, position = 0, row = from / length;
  for (uint32_t d = last; d-- > 0; row /= size_t(layout.view[d])) {
    index[d] = row % size_t(layout.view[d]);
    position += index[d] * stride[d];
  }
  for (size_t first = from - from % length; first < to; first += length) {
    size_t skipped = std::max(from, first) - first, end = std::min(length, to - first);
    run(first + skipped, position + skipped * apart, apart, end - skipped);
    for (uint32_t d = last; d-- > 0;) {
      position += stride[d];
      if (++index[d] < size_t(layout.view[d]))
        break;
      position -= stride[d] * index[d];
      index[d] = 0;
    }
  }
}

bool inOrder(const gan_layout &layout) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < layout.view_rank; ++i) {
    if (layout.view[layout.order[i]] == 1) // an axis of size 1 may stand anywhere, e.g. the channels of grey images
      continue;
    if (layout.order[i] < last)
      return false;
    last = layout.order[i];
  }
  return true;
}

template <class T>
static void scatter(const gan_layout &layout, size_t from, const double *outside, size_t length, void *memory) {
  auto *inside = static_cast<T *>(memory);
  forEachRow(layout, from, from + length, [&](size_t first, size_t position, size_t apart, size_t count) {
    for (size_t k = 0; k < count; ++k)
      inside[position + k * apart] = T(outside[first - from + k]);
  });
}

template <class T, class To> static void gather(const gan_layout &layout, const void *memory, To *outside) {
  const auto *inside = static_cast<const T *>(memory);
  forEachRow(layout, 0, elementsOf(layout), [&](size_t first, size_t position, size_t apart, size_t count) {
    for (size_t k = 0; k < count; ++k)
      outside[first + k] = To(inside[position + k * apart]);
  });
}

void toInside(const gan_layout &layout, size_t first, const double *outside, size_t count, void *memory) {
  if (layout.dtype == GAN_F64)
    scatter<double>(layout, first, outside, count, memory);
  else if (layout.dtype == GAN_U8)
    scatter<uint8_t>(layout, first, outside, count, memory);
  else if (layout.dtype == GAN_U32)
    scatter<uint32_t>(layout, first, outside, count, memory);
  else
    scatter<float>(layout, first, outside, count, memory);
}

void toInside(const gan_layout &layout, const double *outside, void *memory) {
  toInside(layout, 0, outside, elementsOf(layout), memory);
}

std::vector<double> toOutside(const gan_layout &layout, const void *memory) {
  std::vector<double> out(elementsOf(layout));
  if (layout.dtype == GAN_F64)
    gather<double>(layout, memory, out.data());
  else if (layout.dtype == GAN_U8)
    gather<uint8_t>(layout, memory, out.data());
  else if (layout.dtype == GAN_U32)
    gather<uint32_t>(layout, memory, out.data());
  else
    gather<float>(layout, memory, out.data());
  return out;
}

const float *floatsOutside(const gan_layout &layout, const void *memory, std::vector<float> &buffer) {
  if (inOrder(layout))
    return static_cast<const float *>(memory);
  buffer.resize(elementsOf(layout));
  gather<float>(layout, memory, buffer.data());
  return buffer.data();
}

} // namespace ganrt
