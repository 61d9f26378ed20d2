// Walks through folders so that each folder is visited once, whatever links there are. Counts what it skips: hidden
// files and folders, what tools leave behind, files that are not images, and what is not a file at all.
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

  /// Paths in a folder, each kind sorted by name.
  struct Children {
    std::vector<std::string> images, folders;
  };
  /// Throws UserError if the folder cannot be read.
  Children children(const std::string &folder);
  /// Enters the folders and returns those that are to be read here. A link to a folder that is read under another name
  /// is left out; the contents of the returned folders are read under their own names, whatever links to them exist
  /// elsewhere.
  std::vector<std::string> enterAll(const std::vector<std::string> &folders);
  /// Adds the images in a folder that was entered, and in all folders below it.
  void collect(const std::string &folder, std::vector<std::string> &images);

  /// Sentences about what was skipped, one a line; "" if nothing was.
  std::string passedOver() const;

private:
  using Identity = std::pair<dev_t, ino_t>;
  bool enter(const std::string &folder);
  void ownFolders(const std::string &folder);

  std::string root;
  std::set<Identity> own;    ///< folders that are reached without a link, and the folders above the root
  std::set<Identity> walked; ///< folders that were entered
  bool ownKnown = false;     ///< whether `own` is filled, which is done when the first link is met
  std::map<std::string, int64_t> otherKinds;    ///< counts of files that are not images, by the ending of their names
  std::set<std::string> hidden, links, special; ///< relative paths
};

} // namespace ganrt
