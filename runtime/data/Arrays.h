// Data sets in NumPy's files: .npy, and .npz archives of arrays.
//
// Bytes (uint8) and bool are pictures: 0 to 255, and False to True, are scaled to the declared range. All other
// numbers, and all numbers of a vector, are taken as they are and must lie in the range; what is beyond its ends by at
// most a hundred-thousandth of it, as rounding leaves it, becomes the end. Which axis is which: ArrayLayout.h.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// `path`: an .npy, or an .npz with images and labels by the names that Arrays.cpp lists. `labels`: the file that has
/// the labels, "" for none. The test part is what an .npz has of it.
Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note);

} // namespace ganrt
