#include "dsl/Text.h"

namespace gan::dsl {

size_t characterLength(std::string_view text, size_t at) {
  auto byte = [&](size_t i) { return i < text.size() ? (unsigned char)text[i] : 0u; };
  unsigned first = byte(at);
  if (first < 0x80)
    return at < text.size();
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  unsigned value = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (byte(at + i) & 0x3f);
  }
  constexpr unsigned least[] = {0, 0, 0x80, 0x800, 0x10000}; // the least value that needs this many bytes
  bool surrogate = value >= 0xd800 && value < 0xe000;
  return first < 0xc0 || first >= 0xf8 || value < least[length] || value > 0x10ffff || surrogate ? 0 : length;
}

size_t characterWidth(std::string_view character) {
  unsigned first = (unsigned char)character[0], value = first;
  if (character.size() > 1) {
    value = first & (0x7fu >> character.size());
    for (char c : character.substr(1))
      value = value << 6 | (c & 0x3f);
  }
  auto in = [&](unsigned lo, unsigned hi) { return value >= lo && value <= hi; };
  if (in(0x300, 0x36f) || in(0x200b, 0x200f) || in(0xfe00, 0xfe0f) || value == 0xfeff)
    return 0;
  bool wide = in(0x1100, 0x115f) || in(0x2e80, 0xa4cf) || in(0xac00, 0xd7a3) || in(0xf900, 0xfaff) ||
              in(0xfe30, 0xfe6f) || in(0xff00, 0xff60) || in(0xffe0, 0xffe6) || in(0x1f300, 0x1f64f) ||
              in(0x1f900, 0x1f9ff) || in(0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

std::string printable(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t length = characterLength(text, at);
    auto c = (unsigned char)text[at];
    bool second = length == 2 && c == 0xc2 && (unsigned char)text[at + 1] < 0xa0; // control characters beyond ASCII
    if (length == 0 || second || (c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
      length = second ? 2 : 1;
      for (size_t i = 0; i < length; ++i)
        out += {'\\', 'x', digits[(unsigned char)text[at + i] >> 4], digits[(unsigned char)text[at + i] & 15]};
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
  return out;
}

} // namespace gan::dsl
