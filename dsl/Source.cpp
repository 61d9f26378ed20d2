// Keeps the starts of the lines of one file's text.
#include "dsl/Source.h"

#include "dsl/Text.h"

#include <algorithm>

namespace gan::dsl {

Source::Source(std::string path, std::string text) : filePath(std::move(path)), content(std::move(text)) {
  lineStarts.push_back(0);
  for (uint32_t i = 0; i < content.size(); ++i)
    if (content[i] == '\n' || (content[i] == '\r' && content[std::min<size_t>(i + 1, content.size() - 1)] != '\n'))
      lineStarts.push_back(i + 1);
}

Position Source::position(uint32_t offset) const {
  auto next = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  uint32_t line = next - lineStarts.begin();
  uint32_t column = 1;
  for (uint32_t i = lineStarts[line - 1]; i < offset; ++column)
    i += std::max<size_t>(characterLength(content, i), 1);
  return {line, column};
}

std::string_view Source::line(uint32_t number) const {
  uint32_t begin = lineStarts[number - 1];
  uint32_t end = number < lineStarts.size() ? lineStarts[number] - 1 : content.size();
  std::string_view text = this->text().substr(begin, end - begin);
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

} // namespace gan::dsl
