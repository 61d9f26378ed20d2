// Tests what is typed as an option's number: it is in its range, or a sentence names the option, its range and the
// text.
#include "runtime/base/Error.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/NumberOption.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <gtest/gtest.h>

namespace ganrt {
namespace {

namespace po = boost::program_options;

/// The number that `--name=text` gives, or the error message.
template <class T> std::string read(T least, T most, const std::string &text) {
  T value{};
  po::options_description description;
  description.add_options()("number,n", number(&value, least, most));
  try {
    po::variables_map values;
    po::store(po::command_line_parser({"--number", text}).options(description).run(), values);
    po::notify(values);
  } catch (const po::error &e) {
    return e.what();
  }
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(Options, WholeNumbersOfARange) {
  for (auto [text, value] : {std::pair("1", "1"), {"4096", "4096"}, {"0012", "12"}})
    EXPECT_EQ(read<int64_t>(1, 4096, text), value);
  EXPECT_EQ(read<int64_t>(0, 9, "-0"), "0");
  EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, "-0"), "0");
  EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, "18446744073709551615"), "18446744073709551615");
  for (const char *wrong : {"0", "-1", "4097", "4294967297", "18446744073709551617", "99999999999999999999999", "1e3",
                            "1.0", "0x10", "12 ", " 12", "12a", "1,2", "many", "nan", "--", "%option%"})
    EXPECT_EQ(read<int64_t>(1, 4096, wrong), std::string("--number takes a whole number from 1 to 4096, not ") + wrong);
  EXPECT_EQ(read<int>(0, 1024, ""), "--number takes a whole number from 0 to 1024, not an empty text");
  for (const char *wrong : {"-1", "18446744073709551616", "-18446744073709551615"})
    EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, wrong),
              std::string("--number takes a whole number from 0 to 18446744073709551615, not ") + wrong);
}

TEST(Options, NumbersOfARange) {
  for (auto [text, value] : {std::pair("0", "0"), {"-0", "0"}, {"0.5", "0.5"}, {"5e-1", "0.5"}, {".25", "0.25"}})
    EXPECT_EQ(read(0.0, 0.99, text), value);
  for (const char *wrong : {"1", "-1e-9", "nan", "inf", "-inf", "0x1p-2", "0.5s", "0,5", "1e999", "half", "1e"})
    EXPECT_EQ(read(0.0, 0.99, wrong), std::string("--number takes a number from 0 to 0.99, not ") + wrong);
  EXPECT_EQ(read(1e-6, 1e6, "0"), "--number takes a number from 1e-06 to 1e+06, not 0");
}

TEST(Command, TablesOfAnotherVersionAreRefused) {
  gan_program program = test::tinyProgram();
  EXPECT_NO_THROW(expectVersion(program));
  program.version = GAN_PROGRAM_VERSION + 1;
  try {
    expectVersion(program);
    FAIL() << "other tables";
  } catch (const UserError &e) {
    EXPECT_NE(std::string(e.what()).find("build it anew"), std::string::npos) << e.what();
  }
}

} // namespace
} // namespace ganrt
