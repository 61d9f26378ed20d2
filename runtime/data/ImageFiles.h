// Which images a folder holds, before any of them is read: its parts, its classes, and what is left out of both.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

struct ImageFile {
  std::string path;
  int32_t label = 0;
};

struct ImageFiles {
  std::string root;                 ///< the folder of the part; "" where there is no such part
  std::vector<ImageFile> files;     ///< class by class, in the order of their paths
  std::vector<std::string> classes; ///< names of the classes, by number
  bool labelled = false;            ///< each image belongs to a class
};

/// The images of one part of `folder`. Its parts are the sub-folders train (or training) and test, val, valid or
/// validation, the first of these that is there; a folder without such parts is one training part. The sub-folders of
/// a part are its classes, numbered in the order of their names in the training part, or as in `known`, the names that
/// a run has given numbers. A folder is read once, however many links lead to it.
///
/// `wanted` tells whether classes are needed, and how many. What is left out, and why, goes to `note`. Throws
/// UserError where a folder cannot be read, holds no images, or has other classes than are wanted.
ImageFiles findImages(const std::string &folder, Part part, const std::vector<std::string> &known,
                      const WantedData &wanted, std::string &note);

/// "a, b, c and 12 more".
std::string listed(const std::vector<std::string> &names, size_t most = 8);

} // namespace ganrt
