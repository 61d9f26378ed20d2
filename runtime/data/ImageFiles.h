// Finds out which images a folder holds, before any of them is read: its parts, its classes, and what is left out.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

struct ImageFile {
  std::string path;
  int32_t label = 0;
};

struct ImageFiles {
  std::string root;                 ///< the folder of the part; "" if there is no such part
  std::vector<ImageFile> files;     ///< class by class, in the order of their paths
  std::vector<std::string> classes; ///< names of the classes, by number
  bool labelled = false;            ///< whether each image belongs to a class
};

/// The images of one part of `folder`. The training part is the sub-folder train or training; the test part is the
/// first of test, val, valid and validation that exists. A folder without such sub-folders is one training part. The
/// sub-folders of a part are its classes. They are numbered in the order of their names in the training part, or as in
/// `known`, if a run has already fixed the numbers. A folder is read once, however many links lead to it.
///
/// `wanted` tells whether classes are needed, and how many. `note` is told what is left out, and why. Throws UserError
/// if a folder cannot be read, holds no images, or has other classes than the wanted ones.
ImageFiles findImages(const std::string &folder, Part part, const std::vector<std::string> &known,
                      const WantedData &wanted, std::string &note);

/// "a, b, c and 12 more".
std::string listed(const std::vector<std::string> &names, size_t most = 8);

} // namespace ganrt
