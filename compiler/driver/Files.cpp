#include "compiler/driver/Files.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace fs = std::filesystem;

namespace gan {

static std::string reason(int code) { return code ? std::strerror(code) : "the file could not be read"; }

std::optional<std::string> tryReadFile(const std::string &path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return file ? std::optional(std::move(text).str()) : std::nullopt;
}

std::string readFile(const std::string &path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    throw UserError(path + ": is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw UserError(path + ": cannot be opened: " + reason(errno));
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void writeFile(const std::string &path, const std::string &text, bool executable) {
  std::string temporary = path + ".tmp" + std::to_string(getpid());
  errno = 0;
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file && executable)
    fs::permissions(temporary, fs::perms(0755), error);
  if (file && !error)
    fs::rename(temporary, path, error);
  if (file && !error)
    return;
  std::string why = error ? error.message() : reason(errno);
  fs::remove(temporary, error);
  throw UserError(path + ": cannot be written: " + why);
}

std::string sha256(const std::string &text) {
  llvm::SHA256 hash;
  hash.update(text);
  return llvm::toHex(hash.final(), true);
}

std::string ownPath() { return fs::read_symlink("/proc/self/exe").string(); }

std::string runtimeFolder() {
  fs::path own = fs::path(ownPath()).parent_path();
  for (fs::path folder : {own / "lib" / "ganc", own.parent_path() / "lib" / "ganc"})
    if (fs::exists(folder / "libganrt.a"))
      return folder.string();
  throw UserError("ganc's runtime library is missing: looked for lib/ganc/libganrt.a in " + own.string() + " and " +
                  own.parent_path().string());
}

TemporaryFolder::TemporaryFolder() {
  const char *base = std::getenv("TMPDIR");
  folder = std::string(base && *base ? base : "/tmp") + "/ganc-XXXXXX";
  if (!mkdtemp(folder.data()))
    throw UserError(folder + ": a temporary folder cannot be made: " + reason(errno));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

} // namespace gan
