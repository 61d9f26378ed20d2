#include "runtime/base/Files.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace fs = std::filesystem;

namespace ganrt {

static std::string reason() { return std::strerror(errno); }

bool pathExists(const std::string &path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

/// Opens a file, or a pipe such as the shell makes for <(..).
static FILE *openStream(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw UserError(path + ": is a folder, not a file");
  FILE *file = fopen(path.c_str(), "rb");
  if (!file)
    throw UserError(path + ": cannot be opened: " + reason());
  return file;
}

FILE *openFile(const std::string &path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
    throw UserError(path + ": is a pipe, a socket or a device, not a file");
  return openStream(path);
}

std::string readWholeFile(const std::string &path) {
  FILE *file = openStream(path);
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

static constexpr const char *unfinished = ".ganc-XXXXXX";

bool isUnfinished(const std::string &name) {
  return name.size() == strlen(unfinished) && name.starts_with(".ganc-") &&
         std::all_of(name.begin() + 6, name.end(), [](unsigned char c) { return std::isalnum(c); });
}

/// Follows symbolic links until the last part of the path is not a link.
static std::string behindLinks(std::string path) {
  std::error_code error;
  for (int hops = 0; hops < 40 && fs::is_symlink(fs::symlink_status(path, error)); ++hops) {
    fs::path next = fs::read_symlink(path, error);
    path = next.is_absolute() ? next : fs::path(path).parent_path() / next;
  }
  return path;
}

/// An unused name in the folder for a file that is about to take its place; "" if no file can be made there.
static std::string unusedName(const fs::path &folder) {
  std::string name = (folder / unfinished).string();
  int place = mkostemp(name.data(), O_CLOEXEC);
  if (place < 0)
    return "";
  close(place);
  unlink(name.c_str());
  return name;
}

NewFile::NewFile(const std::string &path) : path(path), target(path) {
  struct stat old {};
  bool exists = !stat(path.c_str(), &old);
  if (exists && !S_ISREG(old.st_mode)) {
    file = fopen(path.c_str(), "we");
  } else {
    regular = true;
    target = behindLinks(path);
    int opened = openTemporary();
    if (opened >= 0) {
      mode_t mask = umask(0);
      umask(mask);
      fchmod(opened, exists ? old.st_mode & 0777 : 0666 & ~mask);
      file = fdopen(opened, "w");
    }
  }
  if (!file)
    throw UserError(path + ": cannot be written: " + reason());
}

NewFile::~NewFile() {
  if (!file)
    return;
  fclose(file);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

/// Opens a file without a name. Falls back to a temporary name on file systems without unnamed files, and if there is
/// no /proc, without which an unnamed file could never get a name.
int NewFile::openTemporary() {
  fs::path folder = fs::path(target).parent_path();
  if (!access("/proc/self/fd", X_OK)) {
    int opened = open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (opened >= 0)
      return opened;
  }
  temporary = (folder / unfinished).string();
  return mkostemp(temporary.data(), O_CLOEXEC);
}

/// Gives the file a temporary name, from which it can be renamed over an older file; a link alone cannot replace one.
bool NewFile::giveName() {
  temporary = unusedName(fs::path(target).parent_path());
  std::string unnamed = "/proc/self/fd/" + std::to_string(fileno(file));
  return !temporary.empty() && !linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW);
}

void NewFile::fail() { throw UserError(path + ": cannot be written: " + reason()); }

void NewFile::write(const void *data, size_t bytes) {
  if (fwrite(data, 1, bytes, file) != bytes)
    fail();
}

void NewFile::rewrite(uint64_t place, const void *data, size_t bytes) {
  if (fseeko(file, off_t(place), SEEK_SET))
    fail();
  write(data, bytes);
  if (fseeko(file, 0, SEEK_END))
    fail();
}

void NewFile::commit(Durable durable) {
  bool synced = regular && durable == Durable::AtOnce;
  if (fflush(file) || (synced && fsync(fileno(file))))
    fail();
  if (regular && ((temporary.empty() && !giveName()) || rename(temporary.c_str(), target.c_str())))
    fail();
  if (fclose(std::exchange(file, nullptr)))
    fail();
  if (synced)
    syncFolderOf(target);
}

bool linkFile(const std::string &from, const std::string &to) {
  std::string temporary = unusedName(fs::path(to).parent_path());
  if (temporary.empty())
    return false;
  bool linked = !link(from.c_str(), temporary.c_str()) && !rename(temporary.c_str(), to.c_str());
  unlink(temporary.c_str()); // still exists if both names already meant the same file: rename then does nothing
  if (linked)
    syncFolderOf(to);
  return linked;
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
  std::lock_guard lock(mutex);
  kept += line + '\n';
  writeKept();
}

void LineFile::writeKept() {
  for (size_t done = 0; done < kept.size();) {
    ssize_t wrote = write(file, kept.data() + done, kept.size() - done);
    if (wrote < 0 && errno != EINTR) {
      int error = errno;
      if (ftruncate(file, off_t(size))) // half a line stays in the file; readers skip it
        size += done, kept.erase(0, done);
      errno = error;
      fail("cannot be written");
    }
    done += size_t(std::max<ssize_t>(wrote, 0));
  }
  size += kept.size();
  kept.clear();
}

void LineFile::sync() {
  {
    std::lock_guard lock(mutex);
    writeKept();
  }
  if (fsync(file))
    fail("cannot be written");
}

} // namespace ganrt
