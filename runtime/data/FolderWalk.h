// A walk through folders that comes to each folder once, whatever links there are, and keeps count of what it passes
// over: hidden files and folders, what tools leave behind, files that are no images, and what is no file at all.
#pragma once

#include <map>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ganrt {

class FolderWalk {
public:
  explicit FolderWalk(const std::string &root) : root(root) {}

  /// Paths in a folder, each kind in the order of their names.
  struct Children {
    std::vector<std::string> images, folders;
  };
  /// Throws UserError where the folder cannot be read.
  Children children(const std::string &folder);
  /// Those of the folders that are no links to what is read under another name. What is in them is read under their
  /// names, whatever links there are to it from elsewhere.
  std::vector<std::string> enterAll(const std::vector<std::string> &folders);
  /// Adds the images in a folder that was entered, and in all folders below.
  void collect(const std::string &folder, std::vector<std::string> &images);

  /// What was passed over, in sentences, each a line; "" for nothing.
  std::string passedOver() const;

private:
  using Identity = std::pair<dev_t, ino_t>;
  bool enter(const std::string &folder);
  void ownFolders(const std::string &folder);

  std::string root;
  std::set<Identity> own;                       ///< folders that are reached without a link, and those above the root
  std::set<Identity> walked;                    ///< folders that were come to
  bool ownKnown = false;                        ///< they are sought when the first link is met
  std::map<std::string, int64_t> otherKinds;    ///< files that are no images, by the ends of their names
  std::set<std::string> hidden, links, special; ///< relative paths
};

} // namespace ganrt
