// Reads labels from NumPy's arrays.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/data/Npy.h"

namespace ganrt {

/// Reads (N,) or (N, 1) whole numbers from 0, of any type, or (N, K) one-hot rows, into the labels of `data`. Returns
/// "" on success, otherwise what is wrong and in which row.
std::string readLabels(NpyReader &array, const WantedData &wanted, Dataset &data);

} // namespace ganrt
