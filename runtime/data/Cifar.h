// The binary files of CIFAR-10 and CIFAR-100.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Whether the folder holds one of data_batch_1.bin to data_batch_5.bin (CIFAR-10), or train.bin (CIFAR-100).
bool isCifarFolder(const std::string &folder);

/// Reads records of a label (one byte, or a coarse and a fine one) and 3 x 32 x 32 bytes, which are resized to
/// `wanted`. `note` names missing training files.
Dataset readCifar(const std::string &folder, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
