// The files of MNIST's family: big-endian IDX, plain or gzip.
#pragma once

#include "runtime/Dataset.h"

namespace ganrt {

/// Whether it holds train-images-idx3-ubyte[.gz].
bool isIdxFolder(const std::string &folder);

/// train-images-idx3-ubyte[.gz] and its kin of `folder`, resized to `wanted`. The test part may be missing.
Dataset readIdxFolder(const std::string &folder, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
