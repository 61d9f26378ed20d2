// The formatter changes layout only, keeps comments, and changes nothing the second time.
#include "dsl/Checker.h"
#include "dsl/Parser.h"

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

TEST(Format, TheModelsOfTheRepositoryAreInIt) {
  int count = 0;
  for (const char *folder : {SOURCE_FOLDER "/models", SOURCE_FOLDER "/tests/models"})
    for (const auto &entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".gan")
        continue;
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      EXPECT_EQ(formatted(text.str()), text.str()) << entry.path();
      EXPECT_EQ(tree(formatted(text.str())), tree(text.str()));
      ++count;
    }
  EXPECT_GE(count, 4);
}

} // namespace
} // namespace gan::dsl
