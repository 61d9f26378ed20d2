// Labels in NumPy's arrays.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/data/Npy.h"

namespace ganrt {

/// (N,) or (N, 1) whole numbers from 0, of any type, or (N, K) rows of which one number is 1 and the others are 0.
/// Returns what is wrong, with the row; "" where `data` has its labels.
std::string readLabels(NpyReader &array, const WantedData &wanted, Dataset &data);

} // namespace ganrt
