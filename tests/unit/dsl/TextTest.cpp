// Tests how texts and names are shown that contain more than printable characters.
#include "dsl/Text.h"

#include <gtest/gtest.h>

namespace gan::dsl {
namespace {

TEST(Text, CharactersAreWhole) {
  EXPECT_EQ(characterLength("a", 0), 1u);
  EXPECT_EQ(characterLength("\u00e9", 0), 2u);
  EXPECT_EQ(characterLength("x\u20ac", 1), 3u);
  EXPECT_EQ(characterLength("\U0001f600", 0), 4u);
  EXPECT_EQ(characterLength("a", 1), 0u);
  for (const char *bad : {"\xe9", "\xe9t\xe9", "\xc3", "\xe2\x82", "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"})
    EXPECT_EQ(characterLength(bad, 0), 0u) << printable(bad);
}

TEST(Text, NothingIsLeftThatATerminalObeys) {
  EXPECT_EQ(printable("plain\n\tcaf\u00e9 \u2212 \U0001f600"), "plain\n\tcaf\u00e9 \u2212 \U0001f600");
  EXPECT_EQ(printable("\x1b[31mred\x7f\r\b"), "\\x1b[31mred\\x7f\\x0d\\x08");
  EXPECT_EQ(printable("\xc2\x9b[31m"), "\\xc2\\x9b[31m"); // the same as one character
  EXPECT_EQ(printable("caf\xe9.gan"), "caf\\xe9.gan");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

} // namespace
} // namespace gan::dsl
