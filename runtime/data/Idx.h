// The files of MNIST's family: big-endian IDX, plain or gzip.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Whether a file's name in it is one of those below.
bool isIdxFolder(const std::string &folder);

/// train-images-idx3-ubyte, t10k-labels-idx1-ubyte and their kin, with .gz or not, .idx3 for -idx3, test for t10k, and
/// the name of a set before them (emnist-letters-train-images-idx3-ubyte.gz), resized to `wanted`. The test part may
/// be missing. EMNIST's images, which lie on their side, are turned upright.
Dataset readIdxFolder(const std::string &folder, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
