#include "runtime/device/cuda/CompiledCode.h"
#include "runtime/base/Digest.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace fs = std::filesystem;

namespace ganrt::cuda {
namespace {

/// In the folder in which ganc, too, keeps what it compiled.
std::string cacheFolder() {
  if (const char *base = std::getenv("XDG_CACHE_HOME"); base && *base)
    return std::string(base) + "/ganc/driver";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/ganc/driver";
  return "";
}

std::string digestOf(const std::string &text) { return ganrt::digestOf(text.data(), text.size()); }

} // namespace

CompiledCode::CompiledCode(std::string card) : folder(cacheFolder()), card(std::move(card)) {}

std::string CompiledCode::path(const std::string &text) const { return folder + "/" + digestOf(card + "\n" + text); }

std::optional<std::string> CompiledCode::find(const std::string &text) const {
  if (folder.empty() || !pathExists(path(text)))
    return std::nullopt;
  try {
    std::string entry = readWholeFile(path(text)), code = entry.substr(std::min(entry.size(), Digest::letters));
    if (entry.substr(0, Digest::letters) == digestOf(code)) {
      std::error_code ignored;
      fs::last_write_time(path(text), fs::file_time_type::clock::now(), ignored); // when it was used last
      return code;
    }
  } catch (const UserError &) { // it cannot be read: as if it were not there
  }
  return std::nullopt;
}

void CompiledCode::store(const std::string &text, const std::string &code) const {
  if (folder.empty())
    return;
  try {
    makeFolders(folder);
    NewFile file(path(text));
    std::string digest = digestOf(code);
    file.write(digest.data(), digest.size());
    file.write(code.data(), code.size());
    file.commit(Durable::Later);
  } catch (const UserError &) { // the next start compiles it again
  }
}

void CompiledCode::shrink(uint64_t bytes) const {
  struct Entry {
    fs::file_time_type used;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  // Another program may do the same at this time: files that disappear meanwhile are not counted.
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    Entry entry{it->last_write_time(gone), it->is_regular_file(gone) ? it->file_size(gone) : 0, it->path()};
    if (gone || isUnfinished(entry.path.filename()))
      continue;
    total += entry.bytes;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.used < b.used; });
  for (size_t i = 0; i < entries.size() && total > bytes; ++i) {
    fs::remove(entries[i].path, error);
    total -= entries[i].bytes;
  }
}

} // namespace ganrt::cuda
