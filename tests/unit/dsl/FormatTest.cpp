// Tests that the formatter changes only layout, keeps comments, and changes nothing the second time.
#include "dsl/Checker.h"
#include "dsl/Parser.h"
#include "tests/TextFile.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gan::dsl {
namespace {

std::string formatted(const std::string &text) { return format(Source("m.gan", text)); }

std::string tree(const std::string &text) {
  Source source("m.gan", text);
  Diagnostics diagnostics;
  return printAst(parse(source, lex(source, diagnostics), diagnostics));
}

TEST(Format, LayoutOnly) {
  std::string messy =
      "model   m  # name\ndata x:image( 1,4,4 )in[0,1]\nencoder E( x )->vector( 3 ){\nflatten;linear\n# "
      "end\n}\n\n\n\ntrain{\nbatch 4\nstep E with sgd( lr 0.1 ){ minimize sum( E( x ) )*2 }\n}";
  std::string once = formatted(messy);
  EXPECT_EQ(
      once,
      "model m # name\ndata x: image(1, 4, 4) in [0, 1]\nencoder E(x) -> vector(3) {\n    flatten ; linear\n    # "
      "end\n}\n\ntrain {\n    batch 4\n    step E with sgd(lr 0.1) {\n        minimize sum(E(x)) * 2\n    }\n}\n");
  EXPECT_EQ(formatted(once), once);
}

TEST(Format, NamesOfFilesKeepTheirCharacters) {
  EXPECT_EQ(formatted("frozen   encoder F(x)->vector(2) from   \"nets/a-b c.1.safetensors\"{\nlinear\n}\n"),
            "frozen encoder F(x) -> vector(2) from \"nets/a-b c.1.safetensors\" {\n    linear\n}\n");
}

TEST(Format, TheModelsOfTheRepositoryAreInIt) {
  int count = 0;
  for (const char *folder : {SOURCE_FOLDER "/models", SOURCE_FOLDER "/tests/models"})
    for (const auto &entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".gan")
        continue;
      const std::string text = test::readText(entry.path());
      EXPECT_EQ(formatted(text), text) << entry.path();
      EXPECT_EQ(tree(formatted(text)), tree(text));
      ++count;
    }
  EXPECT_GE(count, 4);
}

/// The trees that the tests above compare must be complete: each word of this file, apart from layout, is in its tree.
TEST(Format, TheTreeHoldsEverything) {
  std::string text = tree(R"(model whole
data x: image(1, 4, 4) in [0, 1]
latent z: normal(3)
const k = 0.123456789
init weight normal(0, 0.02)
decoder G(a: z) -> out: image(1, 4, 4) {
    init bias constant(0.5)
    first: linear 8
    rest: { relu ; linear 16 ; reshape (1, 4, 4) }
}
train {
    batch 4
    epochs 20 of 50
    choose seen(64, seed 1) with 0.25 else unseen
    average G by 0.999
    const c = decay(1, by 0.5 per epoch)
    let (p, q) = fresh(z, z)
    metric m = mean(x)
    step G with adam(lr 1e-3), clip_grad 2, clip_weight 3 every 4 times 5 when mean(x) > 6 from seen {
        let v = G(z)
        metric inner = mean(v)
        named: G minimize sum(v) when mean(x) < 7 from unseen
    }
}
)");
  EXPECT_EQ(text, R"(model whole
const k = 0.123456789
init weight normal(0, 0.02)
data x: image(1, 4, 4) in [0, 1]
latent z: normal(3)
decoder G
  input a: z
  output out: image(1, 4, 4)
  init bias constant(0.5)
  first: linear 8
  rest: group
    relu
    linear 16
    reshape (1, 4, 4)
train batch 4
  epochs 20 of 50
  choose seen(64, seed 1) with 0.25 else unseen
  average G by 0.999
  const c = decay(1, by 0.5 per epoch)
  let p, q = fresh(z, z)
  metric m = mean(x)
  step G with adam(lr 0.001) clip_grad 2 clip_weight 3 every 4 times 5 when (mean(x) > 6) from seen
    let v = G(z)
    metric inner = mean(v)
    named: G minimize sum(v) when (mean(x) < 7) from unseen
)");
}

} // namespace
} // namespace gan::dsl
