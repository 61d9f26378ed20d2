// Every text gets an answer, without a crash or a hang: large files, deep nesting, cut and mutated models.
#include "dsl/Checker.h"
#include "dsl/Parser.h"
#include "runtime/program/Random.h"
#include "tests/TextFile.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gan::dsl {
namespace {

std::vector<std::string> models() {
  std::vector<std::string> texts;
  for (const char *folder : {SOURCE_FOLDER "/models", SOURCE_FOLDER "/tests/models"})
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".gan")
        texts.push_back(test::readText(entry.path()));
  return texts;
}

/// Runs every stage of the front end; returns whether the model has no mistake.
bool frontEnd(const std::string &text) {
  Source source("m.gan", text);
  Diagnostics diagnostics;
  std::optional<Model> model = checkSource(source, diagnostics);
  EXPECT_EQ(model.has_value(), diagnostics.empty());
  if (model)
    EXPECT_FALSE(explain(*model).empty());
  else
    EXPECT_FALSE(render(source, diagnostics).empty());
  return model.has_value();
}

std::string withLayers(size_t count) {
  std::string text = "model m\ndata x: vector(4)\nencoder E(x) -> vector(4) {\n";
  for (size_t i = 0; i < count; ++i)
    text += "    relu\n";
  return text +
         "    linear\n}\ntrain {\n    batch 2\n    step E with sgd(lr 0.1) {\n        minimize sum(E(x))\n    }\n}\n";
}

TEST(Limits, AHundredMistakesAreShown) {
  std::string text = withLayers(250);
  for (size_t at = 0; (at = text.find("relu\n", at)) != std::string::npos;)
    text.replace(at, 4, "rrlu");
  Source source("m.gan", text);
  Diagnostics diagnostics;
  checkSource(source, diagnostics);
  std::string shown = render(source, diagnostics);
  EXPECT_NE(shown.find("m.gan:103:5: error"), std::string::npos); // the first one is on line 4
  EXPECT_EQ(shown.find("m.gan:104:5: error"), std::string::npos);
  EXPECT_TRUE(shown.ends_with("m.gan: 150 more are not shown\n")) << shown.substr(shown.size() - 200);
}

TEST(Limits, TenThousandLayers) { EXPECT_TRUE(frontEnd(withLayers(10000))); }

TEST(Limits, TenThousandOfEverything) {
  std::string blocks, lets, text = withLayers(10000), sum = withLayers(1);
  for (int i = 0; i < 10000; ++i) {
    blocks += "encoder B" + std::to_string(i) + "(x) -> vector(4) { relu }\n";
    lets += "    let v" + std::to_string(i) + " = w" + std::to_string(i) + "\n";
  }
  text.replace(text.rfind("linear"), 6, "linaer 4");
  EXPECT_FALSE(frontEnd(text));
  text = withLayers(1);
  EXPECT_TRUE(frontEnd(text.insert(text.find("encoder"), blocks)));
  text = withLayers(1);
  EXPECT_FALSE(frontEnd(text.insert(text.find("    step"), lets)));
  for (int i = 0; i < 15000; ++i)
    sum.insert(sum.find("sum("), "1 + ");
  EXPECT_FALSE(frontEnd(sum));
}

/// --batch is checked like the batch size in the file.
TEST(Limits, AnotherBatchIsChecked) {
  std::string text = withLayers(1);
  text.replace(text.find("relu"), 4, "minibatch_stddev 2");
  Source source("m.gan", text);
  for (int64_t batch : {6, 7, 1000000000}) {
    Diagnostics diagnostics;
    std::optional<Model> model = checkSource(source, diagnostics, batch);
    ASSERT_EQ(model.has_value(), batch == 6) << render(source, diagnostics);
    if (model) {
      EXPECT_EQ(model->batch, 6);
    }
  }
}

TEST(Limits, AMebibyteOfSource) {
  std::string text = withLayers(5);
  while (text.size() + 80 < (1 << 20))
    text += "# a comment that takes up some room in the file, again and again and again\n";
  EXPECT_TRUE(frontEnd(text));
  EXPECT_FALSE(frontEnd(text + std::string(1 << 20, '#')));
}

TEST(Limits, DeepNestingOfEveryKind) {
  std::string open = withLayers(1);
  for (const char *nest : {"(", "-", "sum(", "{", "trunk: {", "E(", "((x, "}) {
    std::string deep;
    for (int i = 0; i < 20000; ++i)
      deep += nest;
    frontEnd(open + deep);
    std::string inside = open;
    inside.replace(inside.find("sum("), 4, deep);
    frontEnd(inside);
    std::string layer = open;
    layer.replace(layer.find("relu"), 4, deep);
    EXPECT_FALSE(frontEnd(layer));
  }
}

TEST(Limits, CutAnywhere) {
  for (const std::string &text : models())
    for (size_t end = 0; end < text.size(); end += 7)
      frontEnd(text.substr(0, end));
}

TEST(Limits, MutatedModelsAreAnsweredOrAccepted) {
  std::vector<std::string> texts = models();
  size_t broken = 0;
  static constexpr std::string_view pieces[] = {"(",      ")",         "{",  "}",    "->",   ",",       ";",
                                                "linear", "0",         "-1", "1e99", "log(", "sample(", "x",
                                                "z",      "bernoulli", "\n", "step", "~",    "\"",      "\xff"};
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    ganrt::DrawKey s = ganrt::drawKey(seed, "mutate");
    std::string text = texts[seed % texts.size()];
    for (uint64_t k = 0; k < 1 + seed % 3; ++k) {
      size_t at = ganrt::indexAt(s, 4 * k, text.size()), length = ganrt::indexAt(s, 4 * k + 1, 12);
      if (ganrt::indexAt(s, 4 * k + 2, 3))
        text.erase(at, length);
      else
        text.insert(at, pieces[ganrt::indexAt(s, 4 * k + 3, std::size(pieces))]);
    }
    broken += !frontEnd(text);
  }
  EXPECT_GT(broken, 1000u);
}

TEST(Limits, RandomBytes) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    ganrt::DrawKey s = ganrt::drawKey(seed, "bytes");
    std::string text;
    for (uint64_t i = 0; i < 200; ++i)
      text += char(ganrt::indexAt(s, i, 256));
    EXPECT_FALSE(frontEnd(text));
  }
}

} // namespace
} // namespace gan::dsl
