// Reads the files of MNIST's family: big-endian IDX, plain or compressed with gzip.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Whether the folder has a file with one of the names below.
bool isIdxFolder(const std::string &folder);

/// Reads train-images-idx3-ubyte, t10k-labels-idx1-ubyte and so on, and resizes the images to `wanted`. The names may
/// end in .gz, have .idx3 for -idx3 and test for t10k, and begin with the name of a set
/// (emnist-letters-train-images-idx3-ubyte.gz). The test part may be missing. EMNIST's images, which are stored
/// transposed, are turned upright.
Dataset readIdxFolder(const std::string &folder, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
