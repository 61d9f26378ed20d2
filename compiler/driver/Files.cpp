#include "compiler/driver/Files.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

namespace gan {

static std::string reason(int code) { return code ? std::strerror(code) : "the file could not be read"; }

std::optional<std::string> tryReadFile(const std::string &path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return std::nullopt;
  try {
    return readFile(path);
  } catch (const UserError &) {
    return std::nullopt;
  }
}

std::string readFile(const std::string &path, size_t most) {
  std::error_code error;
  if (fs::is_directory(path, error))
    throw UserError(path + ": is a folder, not a file");
  FILE *file = fopen(path.c_str(), "rbe");
  if (!file)
    throw UserError(path + ": cannot be opened: " + reason(errno));
  std::string text;
  if (uintmax_t size = fs::file_size(path, error); !error && size <= most)
    text.reserve(size);
  std::vector<char> block(1 << 16);
  while (size_t count = fread(block.data(), 1, block.size(), file)) {
    text.append(block.data(), count);
    if (text.size() > most)
      break;
  }
  bool broken = ferror(file);
  int code = errno;
  fclose(file);
  if (broken)
    throw UserError(path + ": cannot be read: " + reason(code));
  if (text.size() > most)
    throw UserError(path + ": is larger than " + std::to_string(most >> 20) + " MiB");
  return text;
}

namespace {

/// Follows links until the last part of the path is no link, so that links stay and the file they point to is replaced.
std::string behindLinks(std::string path) {
  std::error_code error;
  for (int hops = 0; hops < 40 && fs::is_symlink(fs::symlink_status(path, error)); ++hops) {
    fs::path next = fs::read_symlink(path, error);
    path = next.is_absolute() ? next : fs::path(path).parent_path() / next;
  }
  return path;
}

/// Returns 0 or the error's number.
int writeAll(int file, const std::string &text) {
  for (size_t done = 0; done < text.size();) {
    ssize_t count = write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR)
      return errno;
    done += size_t(std::max<ssize_t>(count, 0));
  }
  return 0;
}

/// Writes into a terminal, a pipe or a device, which cannot be replaced.
int writeInto(const std::string &path, const std::string &text) {
  int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0)
    return errno;
  int code = writeAll(file, text);
  return close(file) && !code ? errno : code;
}

/// Gives the new file the permissions and, if possible, the owner of the file it replaces, otherwise those of any new
/// file.
void setMode(int file, const struct stat *old, bool executable) {
  mode_t mask = umask(0);
  umask(mask);
  mode_t mode = old ? old->st_mode & 07777 : 0666 & ~mask;
  if (old && fchown(file, old->st_uid, old->st_gid))
    mode &= 0777; // the owner is another one now, so the set-user bit is cleared
  fchmod(file, executable ? mode | (mode & 0444) >> 2 : mode);
}

int replaceFile(const std::string &path, const std::string &text, const struct stat *old, bool executable) {
  std::string temporary = (fs::path(path).parent_path() / ".ganc-XXXXXX").string();
  int file = -1, code = 0;
  RemovedOnSignal guard([&] {
    file = mkostemp(temporary.data(), O_CLOEXEC);
    code = file < 0 ? errno : 0;
    return temporary;
  });
  if (code)
    return code;
  code = writeAll(file, text);
  if (!code) {
    setMode(file, old, executable);
    if (old && fsync(file)) // the new file is on the disk before the old one is removed
      code = errno;
  }
  if (close(file) && !code)
    code = errno;
  if (!code && rename(temporary.c_str(), path.c_str()))
    code = errno;
  if (code)
    unlink(temporary.c_str());
  return code;
}

} // namespace

void writeFile(const std::string &path, const std::string &text, bool executable) {
  struct stat old {};
  bool exists = !stat(path.c_str(), &old);
  int code = exists && !S_ISREG(old.st_mode)
                 ? writeInto(path, text)
                 : replaceFile(behindLinks(path), text, exists ? &old : nullptr, executable);
  if (code)
    throw UserError(path + ": cannot be written: " + reason(code));
}

std::string sha256(const std::string &text) {
  llvm::SHA256 hash;
  hash.update(text);
  return llvm::toHex(hash.final(), true);
}

std::string fastHash(const std::string &content) {
  llvm::XXH128_hash_t hash = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(content));
  return llvm::utohexstr(hash.high64, true, 16) + llvm::utohexstr(hash.low64, true, 16);
}

std::string fileIdentity(const std::string &path) {
  std::error_code missing;
  uintmax_t size = fs::file_size(path, missing);
  if (missing)
    return "";
  auto changed = fs::last_write_time(path, missing).time_since_epoch().count();
  return path + " " + std::to_string(size) + " " + std::to_string(changed);
}

std::string ownPath() { return fs::read_symlink("/proc/self/exe").string(); }

std::string runtimeFolder() {
  fs::path own = fs::path(ownPath()).parent_path();
  for (const fs::path &folder : {own / "lib" / "ganc", own.parent_path() / "lib" / "ganc"})
    if (fs::exists(folder / "program.h"))
      return folder.string();
  throw UserError("ganc's runtime library is missing: looked for lib/ganc/program.h in " + own.string() + " and " +
                  own.parent_path().string());
}

std::string userFolder(const char *variable, const char *belowHome) {
  if (const char *base = std::getenv(variable); base && *base)
    return std::string(base) + "/ganc";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/" + belowHome + "/ganc";
  return "";
}

static std::string makeTemporaryFolder() {
  const char *base = std::getenv("TMPDIR");
  std::string parent = base && *base ? base : "/tmp", folder = parent + "/ganc-XXXXXX";
  if (!mkdtemp(folder.data()))
    throw UserError(parent + ": no temporary folder can be made in it (TMPDIR names another): " + reason(errno));
  return folder;
}

TemporaryFolder::TemporaryFolder() : guard(makeTemporaryFolder) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path(), ignored);
}

} // namespace gan
