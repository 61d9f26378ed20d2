// Finds out which axis of an array is which. One rule decides, given the declared image(C, H, W) and the array's shape:
//
// - (N, C, H, W) and (N, H, W, C) are read, (N, H, W) is read as one channel, and (N, H * W) is read if C is 1;
// - arrays of bytes may have other heights and widths, which are cropped and resized, and 1 channel for 3 or 3 for 1.
//   Then the channel axis is the one, first or last, that has the declared size or, if neither has, size 1 or 3;
// - an array that fits in two ways, or in none, is refused;
// - a vector(n) takes rows with n numbers, of any shape, in the order in which they are stored.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

struct ArrayLayout {
  int64_t channels = 1, height = 1, width = 1;
  bool channelsFirst = false;
};

/// `bytes` tells whether the array holds bytes, which can be resized. Throws UserError with both shapes if none fits.
ArrayLayout findLayout(const std::string &name, const std::vector<int64_t> &shape, bool bytes,
                       const WantedData &wanted);

} // namespace ganrt
