// Tests that the language reference is true: its tables are those of the .def files, its examples are models without
// mistakes, and the example of each row can be used in a model.
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "tests/TextFile.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gan::dsl {
namespace {

const std::string path = SOURCE_FOLDER "/dsl/README.md";

TEST(Reference, TablesAreCurrent) {
  std::string text = test::readText(path);
  size_t begin = text.find('\n', text.find("<!-- tables")) + 1, end = text.find("<!-- end -->");
  ASSERT_LE(begin, end);
  std::string tables = "\n" + referenceTables() + "\n";
  if (std::getenv("GANC_UPDATE")) {
    std::ofstream(path) << text.substr(0, begin) << tables << text.substr(end);
    return;
  }
  EXPECT_EQ(text.substr(begin, end - begin), tables) << "run the test with GANC_UPDATE=1";
}

TEST(Reference, ExamplesAreModelsInCanonicalLayout) {
  std::string text = test::readText(path);
  int count = 0;
  for (size_t at = text.find("```gan\n"); at != std::string::npos; at = text.find("```gan\n", at + 1), ++count) {
    size_t begin = at + 7;
    Source source("README.md example", text.substr(begin, text.find("```", begin) - begin));
    Diagnostics diagnostics;
    EXPECT_TRUE(checkSource(source, diagnostics)) << render(source, diagnostics);
    EXPECT_EQ(format(source), source.text());
  }
  EXPECT_GE(count, 3);
}

/// What a model may contain, by place. `train` is the text inside of train, before its steps.
struct Sketch {
  std::string declarations, layers, train, metric = "sum(z)", optimizer = "sgd(lr 0.1)";
};

std::string mistakes(const Sketch &s, bool image) {
  std::string data = image ? "image(4, 8, 8)" : "image(1, 8, 8)";
  std::string text = "model m\ndata x: " + data + " in [0, 1]\ndata y: categorical(3)\nlatent z: normal(4)\n" +
                     "latent noise: normal(" + (image ? "4" : "1") + ", 8, 8)\n" +
                     "encoder E(x) -> gaussian(4) {\n    flatten\n    linear\n}\n" + "decoder P(z) -> bernoulli(" +
                     (image ? "4" : "1") + ", 8, 8) {\n    linear\n}\n" + "discriminator D(" + data +
                     ") -> bernoulli {\n    flatten\n    features: linear 5\n    linear\n}\n" +
                     "encoder C(x) -> categorical(3) {\n    flatten\n    linear\n}\n";
  text += s.declarations + "\n";
  if (!s.layers.empty())
    text += "encoder T(x, y) -> vector(2) {\n    take x\n" + std::string(image ? "" : "    flatten\n") +
            "    skip: relu\n    " + s.layers + "\n    flatten\n    linear\n}\n";
  text += "train {\n" + (s.train.find("batch ") == 0 ? "" : std::string("batch 8\n")) + s.train + "\n";
  if (!s.layers.empty())
    text += "    step T with sgd(lr 0.1) {\n        minimize sum(T(x, y))\n    }\n";
  text += "    metric shown = " + s.metric + "\n    step E, P, D, C with " + s.optimizer +
          " {\n        minimize sum(square(P(sample(E(x))) - x)) + sum(square(D(x))) + entropy(C(x))\n    }\n}\n";
  Source source("sketch.gan", text);
  Diagnostics diagnostics;
  std::optional<Model> model = checkSource(source, diagnostics);
  std::string shown;
  for (const Diagnostic &d : diagnostics.sorted())
    if (d.id != DiagnosticId::NeverUpdated) // about what an example declares beside
      shown += d.message + "\n";
  return shown.empty() ? "" : text + shown;
}

TEST(Reference, EveryLayersExample) {
  for (const LayerRow &row : layerRows()) {
    Sketch s;
    s.layers = row.example;
    EXPECT_TRUE(mistakes(s, true).empty() || mistakes(s, false).empty()) << mistakes(s, true) << mistakes(s, false);
    EXPECT_NE(row.example.find(row.spelling), std::string_view::npos) << row.spelling;
  }
}

TEST(Reference, EveryFunctionsExample) {
  for (const FunctionRow &row : functionRows()) {
    Sketch whole, each;
    whole.metric = row.example;
    each.metric = "sum(" + std::string(row.example) + ")";
    EXPECT_TRUE(mistakes(whole, false).empty() || mistakes(each, false).empty()) << mistakes(whole, false);
    EXPECT_NE(row.example.find(row.spelling), std::string_view::npos) << row.spelling;
  }
}

TEST(Reference, EveryOptimizersExample) {
  for (const OptimizerRow &row : optimizerRows()) {
    Sketch s;
    s.optimizer = row.example;
    EXPECT_EQ(mistakes(s, false), "");
    EXPECT_EQ(row.example.find(row.spelling), 0u) << row.spelling;
  }
}

TEST(Reference, EverySyntaxRowsExample) {
  for (const SyntaxRow &row : syntaxRows()) {
    Sketch s;
    bool inTrain = row.part == "Training" || row.part == "Qualifiers";
    (inTrain ? s.train : s.declarations) = row.example;
    if (row.spelling == "model NAME") // a model already has this line
      EXPECT_NE(mistakes(s, false).find("`model` stands here a second time"), std::string::npos);
    else
      EXPECT_EQ(mistakes(s, false), "") << row.spelling;
  }
}

} // namespace
} // namespace gan::dsl
