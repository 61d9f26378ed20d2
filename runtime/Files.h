// Reading whole files, and writing files that are either whole or not there.
#pragma once

#include <cstdio>
#include <string>

namespace ganrt {

/// Throws UserError with the path.
std::string readWholeFile(const std::string &path);

/// Makes the folder and those above it. Throws UserError with the path.
void makeFolders(const std::string &path);
bool pathExists(const std::string &path);

/// A file that appears at `path` only when commit() has written and synced it all.
class NewFile {
public:
  explicit NewFile(const std::string &path);
  ~NewFile();
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;
  void write(const void *data, size_t bytes);
  void commit();

private:
  [[noreturn]] void fail();

  std::string path, temporary;
  FILE *file;
};

/// A file that grows by whole lines, each on the disk's way when append returns.
class LineFile {
public:
  explicit LineFile(const std::string &path);
  ~LineFile();
  LineFile(const LineFile &) = delete;
  LineFile &operator=(const LineFile &) = delete;
  void append(const std::string &line);

private:
  std::string path;
  FILE *file;
};

} // namespace ganrt
