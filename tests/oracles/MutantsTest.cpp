// Models with one mistake, or with one thing other than its author meant: tokens of the shipped models are dropped,
// doubled, swapped or replaced, and numbers are changed. `check` must report what is wrong with them, and what it
// accepts must build and train.
#include "dsl/Checker.h"
#include "dsl/Parser.h"
#include "runtime/program/Random.h"
#include "tests/oracles/Program.h"

#include <cstdlib>
#include <gtest/gtest.h>

namespace gan::test {
namespace {

/// Small models, which build within seconds and whose data the program can draw itself.
constexpr const char *mutated[] = {"models/ae",
                                   "models/vae",
                                   "models/gan",
                                   "tests/models/aae",
                                   "tests/models/cvae",
                                   "tests/models/unet_vae",
                                   "tests/models/wgan",
                                   "tests/models/bigan",
                                   "tests/models/cgan",
                                   "tests/models/sngan",
                                   "tests/models/tiny_dcgan"};

class Mutator {
public:
  explicit Mutator(uint64_t seed) : key(ganrt::drawKey(seed, "mutant")) {}

  std::string run() {
    std::string text = readText(SOURCE_FOLDER "/" + std::string(mutated[draw(std::size(mutated))]) + ".gan");
    for (uint64_t edits = 1 + draw(2); edits > 0; --edits)
      text = edited(text);
    return text;
  }

private:
  uint64_t draw(uint64_t n) { return ganrt::indexAt(key, counter++, n); }

  std::string edited(const std::string &text) {
    dsl::Source source("m.gan", text);
    dsl::Diagnostics ignored;
    std::vector<dsl::Token> tokens = dsl::lex(source, ignored).list;
    auto word = [&](size_t i) { return std::string(source.text(tokens[i].span)); };
    auto replaced = [&](size_t i, const std::string &by) {
      return text.substr(0, tokens[i].span.begin) + by + text.substr(tokens[i].span.end);
    };
    if (tokens.size() < 3)
      return text;
    size_t at = draw(tokens.size() - 2), other = draw(tokens.size() - 1);
    switch (draw(6)) {
    case 0:
      return replaced(at, "");
    case 1:
      return replaced(at, word(at) + " " + word(at));
    case 2: { // swaps it with the next token
      dsl::Span a = tokens[at].span, b = tokens[at + 1].span;
      return text.substr(0, a.begin) + word(at + 1) + text.substr(a.end, b.begin - a.end) + word(at) +
             text.substr(b.end);
    }
    case 3:
      return replaced(at, word(other));
    default: { // accepted models differ most in their numbers
      static constexpr const char *numbers[] = {"0", "1", "2", "3", "5", "-1", "0.5", "7", "64", "1e9", "1e-30"};
      for (size_t i = at; i < tokens.size(); ++i)
        if (tokens[i].kind == dsl::TokenKind::Number)
          return replaced(i, numbers[draw(std::size(numbers))]);
      return text;
    }
    }
  }

  ganrt::DrawKey key;
  uint64_t counter = 0;
};

bool accepted(const std::string &text) {
  dsl::Source source("m.gan", text);
  dsl::Diagnostics diagnostics;
  bool valid = dsl::checkSource(source, diagnostics).has_value();
  EXPECT_EQ(valid, diagnostics.empty()) << text;
  EXPECT_TRUE(valid || !dsl::render(source, diagnostics).empty()) << text;
  return valid;
}

int mutantCount() {
  const char *count = std::getenv("GANC_MUTANTS");
  return count ? std::atoi(count) : 100;
}

/// Most mutants are refused; if none were accepted, or all, the test below would only test the half of what it says.
TEST(Mutator, MakesModelsThatAreAcceptedAndOthers) {
  int valid = 0;
  for (uint64_t seed = 0; seed < 100; ++seed)
    valid += accepted(Mutator(seed).run());
  EXPECT_GE(valid, 5); // 8 were counted
  EXPECT_LE(valid, 50);
}

class Mutants : public testing::TestWithParam<int> {};

TEST_P(Mutants, AreRefusedOrBuildAndTrain) {
  constexpr int each = 10; // mutants of one test
  std::string folder = freshFolder("mutants-" + std::to_string(GetParam()));
  for (int seed = GetParam() * each; seed < (GetParam() + 1) * each; ++seed) {
    std::string text = Mutator(uint64_t(seed)).run(), path = folder + "/m.gan", log = folder + "/log";
    SCOPED_TRACE("mutant " + std::to_string(seed));
    writeText(path, text);
    if (!accepted(text))
      continue;
    std::string ganc = "XDG_CACHE_HOME=" BINARY_FOLDER "/test-cache timeout 300 " BINARY_FOLDER "/ganc build ";
    ASSERT_EQ(runCommand(ganc + path + " -j 1 -q --batch 20 --target x86-64-v3 -o " + folder + "/m", log), 0)
        << readText(log) << text;
    int status =
        runCommand("timeout 300 " + folder + "/m train --data builtin:glyphs --steps 3 -q --pictures 4 --force --out " +
                       folder + "/run",
                   log);
    std::string said = readText(log);
    // Changed numbers may break the arithmetic or require other data; a sentence must say so.
    EXPECT_TRUE(status == 0 || (status == 1 && said.find(": error: ") != std::string::npos)) << status << "\n"
                                                                                             << said << text;
  }
}
INSTANTIATE_TEST_SUITE_P(Oracles, Mutants, testing::Range(0, (mutantCount() + 9) / 10));

} // namespace
} // namespace gan::test
