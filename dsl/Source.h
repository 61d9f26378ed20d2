// The text of one file, and positions in it. Everything that can be wrong in a model has a Span.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gan::dsl {

/// Half-open range of byte offsets into a Source.
struct Span {
  uint32_t begin = 0, end = 0;
};

/// 1-based line and column; columns count characters.
struct Position {
  uint32_t line = 1, column = 1;
};

class Source {
public:
  Source(std::string path, std::string text);

  const std::string &path() const { return filePath; }
  std::string_view text() const { return content; }
  std::string_view text(Span span) const { return text().substr(span.begin, span.end - span.begin); }
  Position position(uint32_t offset) const;
  /// The line without its newline.
  std::string_view line(uint32_t number) const;

private:
  std::string filePath, content;
  std::vector<uint32_t> lineStarts;
};

} // namespace gan::dsl
