#include "runtime/base/Text.h"

#include <algorithm>
#include <boost/locale/utf.hpp>

namespace ganrt {

std::string printable(std::string_view text) {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char *at = text.begin(), *end = text.end(); at != end;) {
    const char *next = at;
    boost::locale::utf::code_point c = Utf8::decode(next, end);
    bool whole = c != boost::locale::utf::illegal && c != boost::locale::utf::incomplete;
    if (whole && (c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f) || c >= 0xa0)) {
      out.append(at, next);
      at = next;
      continue;
    }
    for (next = whole ? next : at + 1; at != next; ++at)
      out += {'\\', 'x', digits[(unsigned char)*at >> 4], digits[(unsigned char)*at & 15]};
  }
  return out;
}

std::string nearestName(const std::string &word, const std::vector<std::string> &candidates) {
  std::string best;
  size_t least = std::max<size_t>(1, (word.size() + 2) / 3) + 1;
  for (const std::string &c : candidates) {
    std::vector<size_t> row(c.size() + 1);
    for (size_t j = 0; j <= c.size(); ++j)
      row[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t diagonal = row[0]++;
      for (size_t j = 1; j <= c.size(); ++j) {
        size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (word[i - 1] != c[j - 1])});
        diagonal = row[j];
        row[j] = next;
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = c;
    }
  }
  return best;
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

} // namespace ganrt
