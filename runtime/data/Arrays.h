// Reads data sets from NumPy's files: .npy, and .npz archives of arrays.
//
// Arrays of bytes (uint8) and bool are pictures: 0 to 255, or False to True, is scaled to the declared range. All other
// numbers, and all numbers of a vector, are taken as they are and must lie in the range. A number that is outside by at
// most a hundred-thousandth of the range, which rounding explains, is clipped. ArrayLayout.h decides which axis is
// which.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// `path` is an .npy, or an .npz with images and labels under the names that Arrays.cpp lists. `labels` is a separate
/// file with the labels, or "". Only an .npz can have a test part.
Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note);

/// Labels that are data of their own: an .npy of whole numbers or of one-hot rows, or an .npz that holds them under one
/// of the known names.
Dataset readLabelFile(const std::string &path, Part part, const WantedData &wanted);

} // namespace ganrt
