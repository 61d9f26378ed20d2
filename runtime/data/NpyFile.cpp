// The sources of the bytes of NumPy's arrays: files, and members of zip archives, which minizip reads.
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/data/Npy.h"

#include <algorithm>
#include <filesystem>

#include <minizip/unzip.h>

namespace ganrt {
namespace {

/// Throws UserError if this is not a regular file: the size of a pipe's contents is unknown, and reading it might block
/// for ever.
uint64_t sizeOfFile(const std::string &path) {
  std::error_code error;
  std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!error && !std::filesystem::is_regular_file(status))
    throw UserError(path + ": is not a file");
  uint64_t size = error ? 0 : std::filesystem::file_size(path, error);
  if (error)
    throw UserError(path + ": cannot be opened: " + error.message());
  return size;
}

class FileBytes : public ByteSource {
public:
  explicit FileBytes(const std::string &path) : ByteSource(path, sizeOfFile(path)), file(openFile(path), fclose) {}
  void read(void *to, size_t count) override {
    if (fread(to, 1, count, file.get()) != count)
      throw UserError(name + (ferror(file.get()) ? ": cannot be read" : ": is cut off"));
  }

private:
  std::unique_ptr<FILE, int (*)(FILE *)> file;
};

using Archive = std::shared_ptr<void>;

Archive openArchive(const std::string &path) {
  if (sizeOfFile(path) == 0)
    throw UserError(path + ": is empty");
  Archive archive(unzOpen64(path.c_str()), [](void *file) {
    if (file)
      unzClose(file);
  });
  if (!archive)
    throw UserError(path + ": cannot be opened as an .npz (zip) archive: it is cut off or something else");
  return archive;
}

class ArchiveBytes : public ByteSource {
public:
  /// Opens the member at which the archive is positioned.
  ArchiveBytes(const std::string &name, Archive archive, uint64_t size)
      : ByteSource(name, size), archive(std::move(archive)) {
    if (unzOpenCurrentFile(this->archive.get()) != UNZ_OK)
      throw UserError(name + ": is corrupt");
  }
  ~ArchiveBytes() override { unzCloseCurrentFile(archive.get()); }
  void read(void *to, size_t count) override {
    for (size_t done = 0; done < count;) {
      int got = unzReadCurrentFile(archive.get(), static_cast<char *>(to) + done,
                                   unsigned(std::min<size_t>(count - done, 1 << 20)));
      if (got <= 0)
        throw UserError(name + ": is corrupt");
      done += size_t(got);
      left -= size_t(got);
    }
    // A wrong checksum is only noticed when everything is read.
    if (left == 0 && unzCloseCurrentFile(archive.get()) == UNZ_CRCERROR)
      throw UserError(name + ": is corrupt");
  }

private:
  Archive archive;
  uint64_t left = size;
};

} // namespace

std::unique_ptr<NpyReader> openNpy(const std::string &path) {
  return std::make_unique<NpyReader>(std::make_unique<FileBytes>(path));
}

std::unique_ptr<NpyReader> openNpz(const std::string &path, const std::string &name) {
  constexpr int anyCase = 2;
  Archive archive = openArchive(path);
  if (unzLocateFile(archive.get(), (name + ".npy").c_str(), anyCase) != UNZ_OK)
    return nullptr;
  std::string title = path + " (" + name + ".npy)";
  unz_file_info64 info;
  if (unzGetCurrentFileInfo64(archive.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
    throw UserError(title + ": is corrupt");
  return std::make_unique<NpyReader>(std::make_unique<ArchiveBytes>(title, archive, info.uncompressed_size));
}

std::string npzNames(const std::string &path) {
  constexpr size_t longest = 500;
  Archive archive = openArchive(path);
  std::string names;
  for (int found = unzGoToFirstFile(archive.get()); found == UNZ_OK; found = unzGoToNextFile(archive.get())) {
    char name[256] = {};
    unzGetCurrentFileInfo64(archive.get(), nullptr, name, sizeof name - 1, nullptr, 0, nullptr, 0);
    std::string text = name;
    if (text.ends_with(".npy"))
      text.resize(text.size() - 4);
    if (names.size() > longest)
      return names + ", ..";
    names += (names.empty() ? "" : ", ") + text;
  }
  return names.empty() ? "nothing" : names;
}

} // namespace ganrt
