// Reading whole files, and writing files that are either whole or not there.
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>

namespace ganrt {

/// Opens a file for reading, nothing that might be waited for without end. Throws UserError with the path.
FILE *openFile(const std::string &path);
/// Of a pipe too. Throws UserError with the path.
std::string readWholeFile(const std::string &path);

/// Makes the folder and those above it. Throws UserError with the path.
void makeFolders(const std::string &path);
bool pathExists(const std::string &path);

/// How a file that is being written is called until it is whole: ".ganc-" and six letters or digits. Most file systems
/// need this name only for the moment in which the file takes its place.
bool isUnfinished(const std::string &name);

/// When a file is on the disk: as soon as it is in its place, or whenever the system comes to it (as for one of
/// thousands of pictures, that can be made again).
enum class Durable { AtOnce, Later };

/// A file that appears at `path` only when commit() has written and synced it all; it has the permissions of the file
/// that it replaces. A link is followed. What is no file (a terminal, a pipe, /dev/null) is written into at once.
/// Until then it has no name where the file system allows that, so that a process that is killed leaves nothing.
class NewFile {
public:
  explicit NewFile(const std::string &path);
  ~NewFile();
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;
  void write(const void *data, size_t bytes);
  /// Writes again what was written at `place`. Only where isFile().
  void rewrite(uint64_t place, const void *data, size_t bytes);
  bool isFile() const { return regular; }
  void commit(Durable durable = Durable::AtOnce);

private:
  [[noreturn]] void fail();
  int openTemporary();
  bool giveName();

  std::string path, target, temporary; ///< target: behind links; temporary: empty while it has no name
  bool regular = false;
  FILE *file = nullptr;
};

/// The file `from` under the name `to` as well, which it replaces. False where the file system has no links.
bool linkFile(const std::string &from, const std::string &to);

/// A file that grows by whole lines, each of which has been given to the system when append returns. A line that cannot
/// be written is kept and goes in front of the next, so that what the file holds has no gaps.
class LineFile {
public:
  /// Goes on after the first `keep` bytes, what follows is cut off; by default after all of it. Throws UserError where
  /// the file is shorter.
  explicit LineFile(const std::string &path, std::optional<uint64_t> keep = std::nullopt);
  ~LineFile();
  LineFile(const LineFile &) = delete;
  LineFile &operator=(const LineFile &) = delete;
  void append(const std::string &line);
  /// With lines that are kept.
  uint64_t bytes() const {
    std::lock_guard lock(mutex);
    return size + kept.size();
  }
  /// Returns when all of it is on the disk. May be called from another thread.
  void sync();

private:
  [[noreturn]] void fail(const char *what) const;
  void writeKept();

  std::string path, kept;
  int file;
  uint64_t size = 0; ///< of the file
  mutable std::mutex mutex;
};

/// Syncs the folder that `path` is in, so that new names in it last.
void syncFolderOf(const std::string &path);

} // namespace ganrt
