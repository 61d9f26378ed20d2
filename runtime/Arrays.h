// Arrays of NumPy: .npy files, and .npz archives of them.
#pragma once

#include "runtime/Dataset.h"

namespace ganrt {

/// `path`: an .npy, with labels in the file `labels` ("" for none), or an .npz with the names x and y, x_train and
/// y_train, x_test and y_test, images and labels, or arr_0 and arr_1. Arrays are (N, n), (N, H, W), (N, C, H, W) or (N,
/// H, W, C). Bytes are scaled to the declared range; floats must lie in it.
Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note);

} // namespace ganrt
