// Stores compiled results by the hash of everything they depend on. The name of an entry's file is the hash of its
// content, so that a damaged entry is noticed and made again. Files appear by renaming, so that several ganc can share
// one cache.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gan {

class Cache {
public:
  /// An empty `folder` means that nothing is kept.
  explicit Cache(std::string folder) : folder(std::move(folder)) {}
  /// $XDG_CACHE_HOME/ganc, otherwise ~/.cache/ganc; empty if neither is known.
  static std::string defaultFolder();

  /// The key of what this very ganc makes from `parts`.
  static std::string key(const std::vector<std::string> &parts);

  /// The content stored under `key`; nothing if there is none, or if it is damaged (it is then removed).
  std::optional<std::string> find(const std::string &key) const;
  /// Stores the content; it is not an error if the cache cannot be written.
  void store(const std::string &key, const std::string &content) const;
  /// Removes the least recently used entries until the others take at most `bytes`.
  void shrink(uint64_t bytes) const;

private:
  std::string folder;
};

} // namespace gan
