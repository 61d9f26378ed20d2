#include "runtime/Text.h"

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

} // namespace ganrt
