// A file of C that LLVM compiled to PTX (kernels/scalars.c) against the same file compiled for the host: all that C
// computes of integers and floats, for random words and for those at the ends of the ranges.
#include "tests/ptx/kernels/scalars.h"
#include "tests/TextFile.h"
#include "tests/ptx/Evaluate.h"

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

namespace ptx::test {
namespace {

/// Halves of words that are something special, as integers or as floats.
constexpr uint32_t specials[] = {0,          1,          2,          0x7f,       0x80,       0xff,       0x7fff,
                                 0x8000,     0xffff,     0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0x3f800000,
                                 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x00800000, 0x807fffff, 0x4b800001};

Word randomWord(std::mt19937_64 &random) {
  Word word = random();
  switch (random() % 7) {
  case 0:
    return word & 0xff;
  case 1:
    return 0 - (word & 0xff);
  case 2:
    return Word(specials[word % std::size(specials)]) << 32 | specials[random() % std::size(specials)];
  case 3:
    return bitsOfDouble(double(Signed(word) % 100000) * 0.5);
  case 4:
    return bitsOfFloat(float(Signed(word) % 1000) * 0.5f);
  case 5:
    return word & 0xffffffff;
  default:
    return word;
  }
}

TEST(Scalars, OfLlvmAreThoseOfTheHost) {
  const std::string text = gan::test::readText(SOURCE_FOLDER "/tests/ptx/kernels/scalars.ptx");
  const size_t threads = 128, blocks = 16, count = threads * blocks;
  std::mt19937_64 random(1);
  std::vector<Word> x(count), y(count), out(count * numScalars);
  for (size_t i = 0; i < count; ++i) {
    x[i] = randomWord(random);
    y[i] = random() % 8 ? randomWord(random) : x[i];
  }
  auto buffer = [](std::vector<Word> &v) { return Buffer{reinterpret_cast<uint8_t *>(v.data()), v.size() * 8}; };
  auto address = [](const std::vector<Word> &v) { return uint64_t(uintptr_t(v.data())); };
  Launch launch;
  launch.grid = {int(blocks), 1, 1};
  launch.block = {int(threads), 1, 1};
  launch.arguments = {address(x), address(y), address(out)};
  launch.memory = {buffer(x), buffer(y), buffer(out)};
  run(parse(text), "scalars", launch);
  std::vector<Word> expected(numScalars);
  for (size_t i = 0; i < count; ++i) {
    allScalars(x[i], y[i], expected.data());
    for (size_t k = 0; k < numScalars; ++k)
      ASSERT_EQ(out[i * numScalars + k], expected[k])
          << "number " << k << std::hex << " of " << x[i] << " and " << y[i];
  }
}

} // namespace
} // namespace ptx::test
