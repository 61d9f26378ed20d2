// Which axis of an array is which. One rule, from the declared image(C, H, W) and the array's shape:
//
// - (N, C, H, W) and (N, H, W, C) are read, (N, H, W) as one channel, and (N, H * W) where C is 1;
// - bytes may have other heights and widths, which are cropped and resized, and one channel for three or three for one.
//   Then the channels are the axis, first or last, that has the declared size or, where neither has, 1 or 3;
// - what fits in two ways, or in none, is refused;
// - a vector(n) takes rows of n numbers of any shape, in their order.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

struct ArrayLayout {
  int64_t channels = 1, height = 1, width = 1;
  bool channelsFirst = false;
};

/// `bytes`: whether it holds bytes, which can be resized. Throws UserError with both shapes.
ArrayLayout findLayout(const std::string &name, const std::vector<int64_t> &shape, bool bytes,
                       const WantedData &wanted);

} // namespace ganrt
