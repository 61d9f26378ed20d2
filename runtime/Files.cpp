#include "runtime/Files.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ganrt {

static std::string reason() { return std::strerror(errno); }

bool pathExists(const std::string &path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

std::string readWholeFile(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw UserError(path + ": is a folder, not a file");
  FILE *file = fopen(path.c_str(), "rb");
  if (!file)
    throw UserError(path + ": cannot be opened: " + reason());
  std::string text;
  char buffer[1 << 16];
  size_t got;
  while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
    text.append(buffer, got);
  bool bad = ferror(file);
  fclose(file);
  if (bad)
    throw UserError(path + ": cannot be read");
  return text;
}

void makeFolders(const std::string &path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    std::string part = path.substr(0, slash);
    struct stat info;
    if (mkdir(part.c_str(), 0777) && (errno != EEXIST || stat(part.c_str(), &info) || !S_ISDIR(info.st_mode)))
      throw UserError(part + ": the folder cannot be made: " + reason());
    if (slash == std::string::npos)
      return;
  }
}

NewFile::NewFile(const std::string &path)
    : path(path), temporary(path + ".tmp" + std::to_string(getpid())), file(fopen(temporary.c_str(), "wb")) {
  if (!file)
    throw UserError(path + ": cannot be written: " + reason());
}

NewFile::~NewFile() {
  if (!file)
    return;
  fclose(file);
  unlink(temporary.c_str());
}

void NewFile::fail() { throw UserError(path + ": cannot be written: " + reason()); }

void NewFile::write(const void *data, size_t bytes) {
  if (fwrite(data, 1, bytes, file) != bytes)
    fail();
}

void NewFile::commit() {
  if (fflush(file) || fsync(fileno(file)) || rename(temporary.c_str(), path.c_str()))
    fail();
  fclose(file);
  file = nullptr;
  size_t slash = path.rfind('/');
  int folder = open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

LineFile::LineFile(const std::string &path) : path(path), file(fopen(path.c_str(), "ab")) {
  if (!file)
    throw UserError(path + ": cannot be written: " + reason());
}

LineFile::~LineFile() { fclose(file); }

void LineFile::append(const std::string &line) {
  if (fwrite(line.data(), 1, line.size(), file) != line.size() || fputc('\n', file) == EOF || fflush(file))
    throw UserError(path + ": cannot be written: " + reason());
}

} // namespace ganrt
