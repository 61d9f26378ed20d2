// Keeps what the driver compiled of PTX in ganc's cache folder, so that only the first start waits for the driver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ganrt::cuda {

/// Code that a driver compiled, by the text that it was compiled from. An entry begins with the digest of its code: one
/// that was damaged counts as missing, and is written anew.
class CompiledCode {
public:
  /// `card` names the card and the driver, whose code is of no use for others.
  explicit CompiledCode(std::string card);

  std::optional<std::string> find(const std::string &text) const;
  /// It is not an error if the folder cannot be written.
  void store(const std::string &text, const std::string &code) const;
  /// Removes the entries that were not used for longest, until the others take at most `bytes`; by default as much as
  /// some hundred models need.
  void shrink(uint64_t bytes = uint64_t(256) << 20) const;

private:
  std::string path(const std::string &text) const;

  std::string folder, card; ///< an empty folder: nothing is kept
};

} // namespace ganrt::cuda
