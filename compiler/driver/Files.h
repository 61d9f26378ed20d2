// File operations of the driver: reading whole texts, atomic replacement, temporary folders.
#pragma once

#include "compiler/driver/Cleanup.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace gan {

/// A failure of the environment (missing file, full disk, no linker driver): one sentence for the user, exit status 1.
struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A failure of ours, reported as a bug with the stage and the place in the model; `details` are shown only on request.
struct InternalError : std::runtime_error {
  InternalError(const std::string &stage, const std::string &place, std::string details)
      : std::runtime_error(stage + (place.empty() ? "" : " at " + place)), details(std::move(details)) {}
  std::string details;
};

/// Reads the whole file. Throws UserError with the path and the reason, also if there are more than `most` bytes.
std::string readFile(const std::string &path, size_t most = SIZE_MAX);
/// Returns nothing if the file cannot be read.
std::optional<std::string> tryReadFile(const std::string &path);
/// Writes a file beside `path` and renames it, so that readers see either the old file or the new one, which has the
/// permissions of the old one. A link is followed. Anything but a file (a terminal, a pipe, /dev/null) is written into.
/// Throws UserError, and then leaves nothing behind.
void writeFile(const std::string &path, const std::string &text, bool executable = false);

/// SHA-256 in hexadecimal, for texts whose hash is kept.
std::string sha256(const std::string &text);
/// XXH3 of 128 bits in hexadecimal, which hashes gigabytes per second.
std::string fastHash(const std::string &content);

/// Identifies a program that ganc calls, for the cache: its path, size and time; "" if there is none.
std::string fileIdentity(const std::string &path);

/// Path of the running program.
std::string ownPath();
/// ganc's folder in the user's own: in that of an environment variable, else in one below the home; "" if there is no
/// home either.
std::string userFolder(const char *variable, const char *belowHome);
/// The folder with program.h, and with a folder for each architecture that trainers can be linked for: beside ganc in
/// the build tree, ../lib/ganc if installed. Throws UserError if there is none.
std::string runtimeFolder();

/// A new folder under TMPDIR, which is removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return guard.name(); }

private:
  RemovedOnSignal guard;
};

} // namespace gan
