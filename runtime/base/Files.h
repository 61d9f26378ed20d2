// Reading whole files, and writing files that are either whole or not there.
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>

namespace ganrt {

/// Opens a regular file for reading; refuses pipes, sockets and devices, which might block for ever. Throws UserError
/// with the path.
FILE *openFile(const std::string &path);
/// Reads a whole file or pipe. Throws UserError with the path.
std::string readWholeFile(const std::string &path);

/// Makes the folder and all missing folders above it. Throws UserError with the path.
void makeFolders(const std::string &path);
bool pathExists(const std::string &path);

/// Whether this is the name of a file that is still being written: ".ganc-" and six letters or digits. On most file
/// systems a file has such a name only at the moment in which it takes its place.
bool isUnfinished(const std::string &name);

/// When a file reaches the disk: before commit() returns, or whenever the system writes it (enough for one of thousands
/// of pictures, which can be made again).
enum class Durable { AtOnce, Later };

/// A file that appears at `path` only when commit() has written and synced all of it. It keeps the permissions of the
/// file that it replaces, and a symbolic link at `path` is followed. Until commit() the file has no name if the file
/// system allows that, so that a killed process leaves nothing behind. If `path` is not a regular file (a terminal, a
/// pipe, /dev/null), it is written to directly.
class NewFile {
public:
  explicit NewFile(const std::string &path);
  ~NewFile();
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;
  void write(const void *data, size_t bytes);
  /// Overwrites the bytes at offset `place`, which were written before. Only allowed if isFile().
  void rewrite(uint64_t place, const void *data, size_t bytes);
  bool isFile() const { return regular; }
  void commit(Durable durable = Durable::AtOnce);

private:
  [[noreturn]] void fail();
  int openTemporary();
  bool giveName();

  std::string path, target, temporary; ///< target: links followed; temporary: empty while unnamed
  bool regular = false;
  FILE *file = nullptr;
};

/// Makes `to`, which may exist and is then replaced, another name of the file `from`. Returns false if the file system
/// has no hard links.
bool linkFile(const std::string &from, const std::string &to);

/// A file that grows by whole lines. When append returns, the line has been handed to the system. A line that cannot be
/// written is kept and written before the next one, so that the file has no gaps.
class LineFile {
public:
  /// Keeps the first `keep` bytes of an existing file and cuts off the rest; keeps all of it by default. Throws
  /// UserError if the file is shorter than `keep`.
  explicit LineFile(const std::string &path, std::optional<uint64_t> keep = std::nullopt);
  ~LineFile();
  LineFile(const LineFile &) = delete;
  LineFile &operator=(const LineFile &) = delete;
  void append(const std::string &line);
  /// The bytes of the file together with those of lines that wait to be written.
  uint64_t bytes() const {
    std::lock_guard lock(mutex);
    return size + kept.size();
  }
  /// Returns when the whole file is on the disk. May be called from another thread.
  void sync();

private:
  [[noreturn]] void fail(const char *what) const;
  void writeKept();

  std::string path, kept;
  int file;
  uint64_t size = 0; ///< bytes in the file
  mutable std::mutex mutex;
};

/// Syncs the folder that `path` is in, so that new names in it survive a power cut.
void syncFolderOf(const std::string &path);

} // namespace ganrt
