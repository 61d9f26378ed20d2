#include "compiler/driver/Cache.h"
#include "compiler/driver/Files.h"

#include <algorithm>
#include <cstdlib>
#include <elf.h>
#include <filesystem>
#include <link.h>

namespace fs = std::filesystem;

namespace gan {

std::string Cache::defaultFolder() { return userFolder("XDG_CACHE_HOME", ".cache"); }

/// The build ids that linkers gave to this program and the libraries it has loaded, so that other builds of ganc, of
/// Halide or of the C++ library never use the results of this one.
static std::string buildIds() {
  std::string ids;
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *out) {
        if (std::string_view(info->dlpi_name).find("vdso") != std::string_view::npos)
          return 0; // the kernel's vdso
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr) &header = info->dlpi_phdr[i];
          if (header.p_type != PT_NOTE)
            continue;
          auto start = info->dlpi_addr + header.p_vaddr;
          // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives addresses as numbers
          const char *at = reinterpret_cast<const char *>(start), *end = at + header.p_memsz;
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            const auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
            const char *name = at + sizeof *note, *content = name + (note->n_namesz + 3) / 4 * 4;
            if (note->n_type == NT_GNU_BUILD_ID)
              static_cast<std::string *>(out)->append(content, note->n_descsz);
            at = content + (note->n_descsz + 3) / 4 * 4;
          }
        }
        return 0;
      },
      &ids);
  return ids;
}

std::string Cache::key(const std::vector<std::string> &parts) {
  static const std::string ids = buildIds();
  std::string all = ids;
  for (const std::string &part : parts)
    all += "\n" + std::to_string(part.size()) + "\n" + part;
  return fastHash(all);
}

/// The file of an entry is named by the hash of its content. A file with another name is still being written by some
/// ganc.
static bool isEntry(const fs::path &path) {
  std::string name = path.filename();
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::optional<std::string> Cache::find(const std::string &key) const {
  if (folder.empty())
    return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator it(folder + "/objects/" + key, error), end; !error && it != end; it.increment(error)) {
    if (!isEntry(it->path()))
      continue;
    std::optional<std::string> content = tryReadFile(it->path());
    std::error_code ignored;
    if (content && fastHash(*content) == it->path().filename()) {
      fs::last_write_time(it->path(), fs::file_time_type::clock::now(), ignored);
      return content;
    }
    fs::remove(it->path(), ignored);
  }
  return std::nullopt;
}

void Cache::store(const std::string &key, const std::string &content) const {
  if (folder.empty())
    return;
  std::error_code error;
  fs::path place = fs::path(folder) / "objects" / key;
  fs::create_directories(place, error);
  if (error)
    return;
  try {
    writeFile((place / fastHash(content)).string(), content);
  } catch (const UserError &) {
    // A result that cannot be stored is computed again by the next build.
  }
}

void Cache::shrink(uint64_t limit) const {
  struct Entry {
    fs::file_time_type used;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  if (folder.empty())
    return;
  // Another ganc may shrink the cache at the same time: files that disappear are not counted, and if the folder
  // disappears, the walk ends.
  for (fs::recursive_directory_iterator it(folder + "/objects", error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone))
      continue;
    if (!isEntry(it->path())) {
      if (fs::file_time_type::clock::now() - it->last_write_time(gone) > std::chrono::hours(24) && !gone)
        fs::remove(it->path(), gone); // left behind by a ganc that was killed
      continue;
    }
    Entry entry{it->last_write_time(gone), it->file_size(gone), it->path()};
    if (gone)
      continue;
    total += entry.bytes;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.used < b.used; });
  for (const Entry &e : entries) {
    if (total <= limit)
      return;
    fs::remove(e.path, error);
    fs::remove(e.path.parent_path(), error); // succeeds only if it is empty
    total -= e.bytes;
  }
}

} // namespace gan
