// Compiled results by the hash of everything they depend on. An entry's file name holds the hash of its content, so
// that a damaged one is noticed and made again; files appear by renaming, so that several ganc can share one cache.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gan {

class Cache {
public:
  /// `folder` empty: keeps nothing.
  explicit Cache(std::string folder) : folder(std::move(folder)) {}
  /// $XDG_CACHE_HOME/ganc, else ~/.cache/ganc; empty where neither is known.
  static std::string defaultFolder();

  /// Key of what is made from `parts` by this very ganc.
  static std::string key(const std::vector<std::string> &parts);

  /// The content stored under `key`; nothing where there is none or it is damaged (it is then removed).
  std::optional<std::string> find(const std::string &key) const;
  /// Stores; a cache that cannot be written is not an error.
  void store(const std::string &key, const std::string &content) const;
  /// Removes the entries unused longest until all take at most `bytes`.
  void shrink(uint64_t bytes) const;

private:
  std::string folder;
};

} // namespace gan
