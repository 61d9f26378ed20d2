// Folders of PNG and JPEG files; which ones, ImageFiles finds out.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Images of a part of the folder, resized to `wanted`, decoded by the threads that run kernels, in the order of their
/// paths. What is damaged is left out and counted in `note`, or stops with its path.
Dataset readImageFolder(const DataOptions &options, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
