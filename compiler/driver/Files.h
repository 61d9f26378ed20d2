// Files as the driver needs them: whole texts, atomic replacement, folders that go away.
#pragma once

#include "compiler/driver/Cleanup.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace gan {

/// A failure of the environment (missing file, full disk, no compiler driver): one sentence for the user, exit 1.
struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A failure of ours: reported as a bug with the stage and the place in the model; `details` only on request.
struct InternalError : std::runtime_error {
  InternalError(const std::string &stage, const std::string &place, std::string details)
      : std::runtime_error(stage + (place.empty() ? "" : " at " + place)), details(std::move(details)) {}
  std::string details;
};

/// The whole file. Throws UserError with the path and the reason, or where there are more than `most` bytes.
std::string readFile(const std::string &path, size_t most = SIZE_MAX);
/// Nothing where it cannot be read.
std::optional<std::string> tryReadFile(const std::string &path);
/// Writes beside `path`, then renames: readers see the old file or the new one, with the old one's permissions. A link
/// is followed; what is no file (a terminal, a pipe, /dev/null) is written into. Throws UserError; nothing is then
/// left.
void writeFile(const std::string &path, const std::string &text, bool executable = false);

/// Hexadecimal SHA-256, of texts whose hash is kept.
std::string sha256(const std::string &text);
/// Hexadecimal XXH3 of 128 bits, at gigabytes a second.
std::string fastHash(const std::string &content);

/// Path of the running program.
std::string ownPath();
/// The folder with libganrt.a, program.h and halide_runtime.o: beside ganc in the build tree, in ../lib/ganc installed.
/// Throws UserError where there is none.
std::string runtimeFolder();

/// A folder of its own under TMPDIR, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return folder; }

private:
  std::string folder;
  RemovedOnSignal guard;
};

} // namespace gan
