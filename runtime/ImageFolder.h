// Folders of PNG and JPEG files; sub-folders are classes, in the order of their names.
#pragma once

#include "runtime/Dataset.h"

namespace ganrt {

/// Images of the folder, or of its sub-folders train and test where it has both, resized to `wanted`, decoded by
/// several threads, in the order of their paths. What is damaged is left out and counted in `note`, or stops with its
/// path.
Dataset readImageFolder(const DataOptions &options, Part part, const WantedData &wanted, std::string &note);

} // namespace ganrt
