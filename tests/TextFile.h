// Whole files as texts, for any test.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gan::test {

/// The content of a file; "" if it cannot be read.
inline std::string readText(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void writeText(const std::filesystem::path &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

} // namespace gan::test
