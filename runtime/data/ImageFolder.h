// Reads folders of PNG and JPEG files. ImageFiles decides which files are read.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Reads the images of a part of the folder in the order of their paths, decoded by the threads that run kernels and
/// resized to `wanted`. Damaged files are left out and counted in `note`, or, if the options say so, the first one
/// stops the program with an error that names it.
Dataset readImageFolder(const DataOptions &options, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
