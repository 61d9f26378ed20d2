#include "runtime/data/FolderWalk.h"
#include "runtime/base/Error.h"
#include "runtime/data/Decode.h"
#include "runtime/data/ImageFiles.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

/// Folders and files that archives, cameras and desktops add to what people put there.
bool isLeftByTools(const std::string &name) {
  return name == "__MACOSX" || name == "@eaDir" || name == "Thumbs.db" || name == "desktop.ini";
}

std::string ending(const fs::path &path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return end;
}

/// What the entry is if it is not a file, e.g. "a pipe". Returns "" for a file and for a broken link, which fails later
/// when it is read.
const char *specialKind(const fs::directory_entry &entry) {
  std::error_code ignored;
  switch (entry.status(ignored).type()) {
  case fs::file_type::fifo:
    return "a pipe";
  case fs::file_type::socket:
    return "a socket";
  case fs::file_type::character:
  case fs::file_type::block:
    return "a device";
  default:
    return "";
  }
}

std::string relative(const std::string &path, const std::string &root) {
  return path.starts_with(root + "/") ? path.substr(root.size() + 1) : path;
}

fs::directory_iterator open(const std::string &folder) {
  std::error_code error;
  fs::directory_iterator it(folder, error);
  if (error)
    throw UserError("--data " + folder + ": " + error.message());
  return it;
}

} // namespace

FolderWalk::Children FolderWalk::children(const std::string &folder) {
  Children found;
  std::error_code error;
  for (fs::directory_iterator it = open(folder), end; it != end && !error; it.increment(error)) {
    std::string path = it->path().string(), name = it->path().filename().string();
    std::error_code ignored; // a broken link is not a folder
    bool isFolder = it->is_directory(ignored);
    if (name[0] == '.' || isLeftByTools(name)) {
      if (isFolder)
        hidden.insert(relative(path, root));
    } else if (isFolder) {
      found.folders.push_back(path);
    } else if (const char *kind = specialKind(*it); *kind) {
      special.insert(relative(path, root) + " (" + kind + ")");
    } else if (isImageName(path)) {
      found.images.push_back(path);
    } else {
      ++otherKinds[ending(it->path())];
    }
  }
  if (error)
    throw UserError("--data " + folder + ": " + error.message());
  std::sort(found.images.begin(), found.images.end());
  std::sort(found.folders.begin(), found.folders.end());
  return found;
}

/// Collects this folder and the folders below it that are reached without a link.
void FolderWalk::ownFolders(const std::string &folder) {
  struct stat info {};
  if (stat(folder.c_str(), &info) == 0)
    own.emplace(info.st_dev, info.st_ino);
  std::error_code error;
  for (fs::directory_iterator it = open(folder), end; it != end && !error; it.increment(error)) {
    std::error_code ignored;
    std::string name = it->path().filename().string();
    if (name[0] != '.' && !isLeftByTools(name) && !it->is_symlink(ignored) && it->is_directory(ignored))
      ownFolders(it->path().string());
  }
}

/// Enters a folder. Returns false if it has been entered before, or if this is a link to a folder that is also reached
/// without one.
bool FolderWalk::enter(const std::string &folder) {
  struct stat info {
  }, link{};
  if (stat(folder.c_str(), &info) || lstat(folder.c_str(), &link))
    throw UserError("--data " + folder + ": " + std::strerror(errno));
  Identity identity(info.st_dev, info.st_ino);
  if (S_ISLNK(link.st_mode) && folder != root) {
    if (!std::exchange(ownKnown, true)) {
      ownFolders(root);
      std::error_code ignored;
      for (fs::path above = fs::canonical(root, ignored); above.has_relative_path();) {
        above = above.parent_path();
        if (stat(above.c_str(), &link) == 0)
          own.emplace(link.st_dev, link.st_ino);
      }
    }
    if (own.contains(identity))
      return false;
  }
  return walked.insert(identity).second;
}

std::vector<std::string> FolderWalk::enterAll(const std::vector<std::string> &folders) {
  std::vector<std::string> entered;
  for (const std::string &folder : folders)
    if (enter(folder))
      entered.push_back(folder);
    else
      links.insert(relative(folder, root));
  return entered;
}

void FolderWalk::collect(const std::string &folder, std::vector<std::string> &images) {
  Children found = children(folder);
  images.insert(images.end(), found.images.begin(), found.images.end());
  for (const std::string &inside : found.folders)
    if (enter(inside))
      collect(inside, images);
    else
      links.insert(relative(inside, root));
}

std::string FolderWalk::passedOver() const {
  std::string lines;
  auto add = [&](const std::string &line) { lines += (lines.empty() ? "" : "\n") + line; };
  auto names = [](const std::set<std::string> &all) { return listed({all.begin(), all.end()}); };
  if (!special.empty())
    add("warning: left out, as they are no files: " + names(special));
  if (!links.empty())
    add("folders that are read under another name, or lie above, are left out: " + names(links));
  if (!hidden.empty())
    add("hidden folders and those of tools are left out: " + names(hidden));
  int64_t others = 0;
  std::vector<std::pair<int64_t, std::string>> counts;
  for (auto &[end, count] : otherKinds) {
    counts.emplace_back(-count, std::to_string(count) + " " + (end.empty() ? "without an ending" : end));
    others += count;
  }
  std::sort(counts.begin(), counts.end()); // the most frequent first
  std::vector<std::string> kinds;
  for (auto &[count, text] : counts)
    kinds.push_back(text);
  if (others)
    add(std::to_string(others) + (others == 1 ? " file of another kind is" : " files of other kinds are") +
        " left out: " + listed(kinds));
  return lines;
}

} // namespace ganrt
