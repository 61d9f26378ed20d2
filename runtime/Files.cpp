#include "runtime/Files.h"
#include "runtime/Error.h"

#include <algorithm>
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

FILE *openFile(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw UserError(path + ": is a folder, not a file");
  FILE *file = fopen(path.c_str(), "rb");
  if (!file)
    throw UserError(path + ": cannot be opened: " + reason());
  return file;
}

std::string readWholeFile(const std::string &path) {
  FILE *file = openFile(path);
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
  syncFolderOf(path);
}

void syncFolderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  int folder = open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

LineFile::LineFile(const std::string &path, std::optional<uint64_t> keep)
    : path(path), file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (file < 0)
    fail("cannot be written");
  struct stat info {};
  fstat(file, &info);
  size = keep.value_or(uint64_t(info.st_size));
  if (size > uint64_t(info.st_size))
    throw UserError(path + ": has lost its end: " + std::to_string(info.st_size) + " bytes of " + std::to_string(size));
  if (ftruncate(file, off_t(size)))
    fail("cannot be cut");
}

LineFile::~LineFile() { close(file); }

void LineFile::fail(const char *what) const { throw UserError(path + ": " + what + ": " + reason()); }

void LineFile::append(const std::string &line) {
  std::string bytes = line + '\n';
  for (size_t done = 0; done < bytes.size();) {
    ssize_t wrote = write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno != EINTR)
      fail("cannot be written");
    done += size_t(std::max<ssize_t>(wrote, 0));
  }
  size += bytes.size();
}

void LineFile::sync() {
  if (fsync(file))
    fail("cannot be written");
}

} // namespace ganrt
