#include "runtime/Layout.h"

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

std::vector<size_t> insidePositions(const gan_layout &layout) {
  std::vector<size_t> positions(elementsOf(layout));
  size_t stride[GAN_MAX_RANK], step = 1;
  for (uint32_t i = layout.view_rank; i-- > 0;) {
    stride[layout.order[i]] = step;
    step *= layout.view[layout.order[i]];
  }
  int64_t index[GAN_MAX_RANK] = {};
  for (size_t &position : positions) {
    position = 0;
    for (uint32_t d = 0; d < layout.view_rank; ++d)
      position += index[d] * stride[d];
    for (uint32_t d = layout.view_rank; d-- > 0;) {
      if (++index[d] < layout.view[d])
        break;
      index[d] = 0;
    }
  }
  return positions;
}

bool inOrder(const gan_layout &layout) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < layout.view_rank; ++i) {
    if (layout.view[layout.order[i]] == 1) // e.g. the channels of grey images
      continue;
    if (layout.order[i] < last)
      return false;
    last = layout.order[i];
  }
  return true;
}

void toInside(const gan_layout &layout, const double *outside, void *memory) {
  if (layout.dtype == GAN_F32 && inOrder(layout)) {
    std::copy_n(outside, elementsOf(layout), static_cast<float *>(memory));
    return;
  }
  std::vector<size_t> positions = insidePositions(layout);
  for (size_t i = 0; i < positions.size(); ++i)
    switch (layout.dtype) {
    case GAN_F64:
      static_cast<double *>(memory)[positions[i]] = outside[i];
      break;
    case GAN_U8:
      static_cast<uint8_t *>(memory)[positions[i]] = uint8_t(outside[i]);
      break;
    case GAN_U32:
      static_cast<uint32_t *>(memory)[positions[i]] = uint32_t(outside[i]);
      break;
    default:
      static_cast<float *>(memory)[positions[i]] = float(outside[i]);
    }
}

std::vector<double> toOutside(const gan_layout &layout, const void *memory) {
  if (layout.dtype == GAN_F32 && inOrder(layout)) {
    const float *values = static_cast<const float *>(memory);
    return {values, values + elementsOf(layout)};
  }
  std::vector<size_t> positions = insidePositions(layout);
  std::vector<double> out(positions.size());
  for (size_t i = 0; i < positions.size(); ++i)
    switch (layout.dtype) {
    case GAN_F64:
      out[i] = static_cast<const double *>(memory)[positions[i]];
      break;
    case GAN_U8:
      out[i] = static_cast<const uint8_t *>(memory)[positions[i]];
      break;
    case GAN_U32:
      out[i] = static_cast<const uint32_t *>(memory)[positions[i]];
      break;
    default:
      out[i] = static_cast<const float *>(memory)[positions[i]];
    }
  return out;
}

} // namespace ganrt
