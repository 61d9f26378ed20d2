#include "runtime/data/ImageStore.h"
#include "runtime/base/Error.h"
#include "runtime/base/Machine.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace ganrt {

static constexpr size_t blockBytes = 4 << 20;

/// Allocates a block, in huge pages if the system has them, except for the rest that does not fill one: images are read
/// in a random order, which is slow with small pages.
static uint8_t *freshBlock(size_t bytes) {
  constexpr size_t page = 2 << 20;
  size_t whole = (bytes + page - 1) / page * page;
  void *block = std::aligned_alloc(page, whole);
  if (!block)
    throw std::bad_alloc();
  madvise(block, bytes / page * page, MADV_HUGEPAGE);
  return static_cast<uint8_t *>(block);
}

void ImageStore::Free::operator()(uint8_t *block) const { std::free(block); }

ImageStore::ImageStore(size_t bytesEach, size_t budget)
    : bytesEach(bytesEach), perBlock(std::max<size_t>(1, blockBytes / std::max<size_t>(bytesEach, 1))),
      most(budget / std::max<size_t>(bytesEach, 1)) {}

ImageStore::~ImageStore() {
  if (file >= 0)
    close(file);
}

void ImageStore::openFile() {
  const char *given = getenv("TMPDIR");
  folder = given && *given ? given : "/var/tmp";
  std::string name = folder + "/ganc-data-XXXXXX";
  file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0)
    throw UserError(folder + ": no temporary file for the data can be made: " + std::strerror(errno) +
                    " (TMPDIR names another folder, --memory keeps more in memory)");
  unlink(name.c_str());
  posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
}

void ImageStore::flush() {
  for (size_t done = 0; done < pending.size();) {
    ssize_t wrote = write(file, pending.data() + done, pending.size() - done);
    if (wrote < 0 && errno != EINTR)
      throw UserError(folder + ": the data does not fit: " + std::strerror(errno) +
                      " (TMPDIR names another folder, --memory keeps more in memory)");
    done += size_t(std::max<ssize_t>(wrote, 0));
  }
  written += pending.size() / bytesEach;
  pending.clear();
}

void ImageStore::append(const void *image) {
  const auto *bytes = static_cast<const uint8_t *>(image);
  if (images < most) {
    if (images % perBlock == 0)
      blocks.emplace_back(freshBlock(std::min(perBlock, most - images) * bytesEach));
    memcpy(blocks.back().get() + images % perBlock * bytesEach, bytes, bytesEach);
  } else {
    if (file < 0)
      openFile();
    pending.insert(pending.end(), bytes, bytes + bytesEach);
    if (pending.size() >= blockBytes)
      flush();
  }
  ++images;
}

const uint8_t *ImageStore::view(size_t i, std::vector<uint8_t> &buffer) const {
  if (i < most)
    return blocks[i / perBlock].get() + i % perBlock * bytesEach;
  size_t inFile = i - most;
  if (inFile >= written)
    return pending.data() + (inFile - written) * bytesEach;
  buffer.resize(bytesEach);
  for (size_t done = 0; done < bytesEach;) {
    ssize_t got = pread(file, buffer.data() + done, bytesEach - done, off_t(inFile * bytesEach + done));
    if (got == 0 || (got < 0 && errno != EINTR))
      throw UserError(folder + ": the temporary file of the data cannot be read: " +
                      (got == 0 ? "it has lost its end" : std::strerror(errno)));
    done += size_t(std::max<ssize_t>(got, 0));
  }
  return buffer.data();
}

void expectImage(const uint8_t *image, size_t bytes) {
  constexpr size_t line = 64, worth = 4096; // bytes of a cache line, and to prefetch: the rest is then read in order
  for (size_t at = 0; at < std::min(bytes, worth); at += line)
    __builtin_prefetch(image + at);
}

size_t usualDataMemory() { return usableMemory() / 4; }

} // namespace ganrt
