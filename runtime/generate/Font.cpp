#include "runtime/generate/Font.h"

#include <cctype>
#include <cstddef>

namespace ganrt {
namespace {

/// Five rows of three pixels.
struct Letter {
  char letter;
  const char *rows;
};
constexpr Letter letters[] = {{'0', "###|# #|# #|# #|###"}, {'1', " # |## | # | # |###"}, {'2', "###|  #|###|#  |###"},
                              {'3', "###|  #|###|  #|###"}, {'4', "# #|# #|###|  #|  #"}, {'5', "###|#  |###|  #|###"},
                              {'6', "###|#  |###|# #|###"}, {'7', "###|  #|  #| # | # "}, {'8', "###|# #|###|# #|###"},
                              {'9', "###|# #|###|  #|###"}, {'a', "   | ##|# #|# #| ##"}, {'b', "#  |## |# #|# #|## "},
                              {'c', "   | ##|#  |#  | ##"}, {'d', "  #| ##|# #|# #| ##"}, {'e', " # |# #|###|#  | ##"},
                              {'f', " ##|#  |## |#  |#  "}, {'g', " ##|# #| ##|  #|## "}, {'h', "#  |## |# #|# #|# #"},
                              {'i', " # |   | # | # | # "}, {'j', "  #|   |  #|# #| # "}, {'k', "#  |# #|## |# #|# #"},
                              {'l', "## | # | # | # |###"}, {'m', "   |###|###|# #|# #"}, {'n', "   |## |# #|# #|# #"},
                              {'o', "   | # |# #|# #| # "}, {'p', "## |# #|## |#  |#  "}, {'q', " ##|# #| ##|  #|  #"},
                              {'r', "   |# #|## |#  |#  "}, {'s', " ##|#  | # |  #|## "}, {'t', " # |###| # | # | ##"},
                              {'u', "   |# #|# #|# #|###"}, {'v', "   |# #|# #|# #| # "}, {'w', "   |# #|# #|###|###"},
                              {'x', "   |# #| # | # |# #"}, {'y', "# #|# #| ##|  #|## "}, {'z', "   |###| ##|#  |###"},
                              {'.', "   |   |   |   | # "}, {'-', "   |   |###|   |   "}, {'+', "   | # |###| # |   "},
                              {'=', "   |###|   |###|   "}, {'_', "   |   |   |   |###"}, {' ', "   |   |   |   |   "},
                              {',', "   |   |   | # |#  "}, {':', "   | # |   | # |   "}};

} // namespace

bool inked(char letter, int64_t row, int64_t column) {
  char small = char(std::tolower(static_cast<unsigned char>(letter)));
  auto at = std::size_t(row * (letterWidth + 1) + column);
  for (const Letter &known : letters)
    if (known.letter == small)
      return known.rows[at] == '#';
  return row == 0 || row == letterHeight - 1 || column == 0 || column == letterWidth - 1;
}

} // namespace ganrt
