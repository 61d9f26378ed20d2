// Every mistake, warning and note that ganc can report has a file in tests/dsl/errors and, beside it, exactly what the
// user sees. GANC_UPDATE=1 writes these texts anew: read the difference before you keep it.
#include "dsl/Checker.h"
#include "dsl/Lexer.h"
#include "tests/TextFile.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace gan::dsl {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> errorFiles() {
  std::vector<fs::path> files;
  for (const auto &entry : fs::directory_iterator(SOURCE_FOLDER "/tests/dsl/errors"))
    if (entry.path().extension() == ".gan")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class Errors : public testing::TestWithParam<fs::path> {};

TEST_P(Errors, AreExactlyTheseTexts) {
  fs::path path = GetParam(), golden = fs::path(path).replace_extension(".expected");
  Source source(path.filename(), test::readText(path));
  Diagnostics diagnostics;
  bool accepted = checkSource(source, diagnostics).has_value();
  EXPECT_EQ(accepted, diagnostics.empty());
  std::string text = render(source, diagnostics);
  if (std::getenv("GANC_UPDATE"))
    std::ofstream(golden) << text;
  EXPECT_EQ(text, test::readText(golden));
}
INSTANTIATE_TEST_SUITE_P(Dsl, Errors, testing::ValuesIn(errorFiles()),
                         [](const auto &info) { return info.param.stem().string(); });

TEST(Errors, EveryDiagnosticIsProvoked) {
  static constexpr const char *names[] = {
#define GAN_DIAGNOSTIC(Id, text) #Id,
#include "dsl/Diagnostics.def"
  };
  std::set<size_t> seen;
  for (const fs::path &path : errorFiles()) {
    Source source(path.filename(), test::readText(path));
    Diagnostics diagnostics;
    checkSource(source, diagnostics);
    for (const Diagnostic &d : diagnostics.sorted())
      seen.insert(size_t(d.id));
  }
  std::string large(maxSourceBytes + 1, ' ');
  Source source("large.gan", large);
  Diagnostics diagnostics;
  checkSource(source, diagnostics);
  for (const Diagnostic &d : diagnostics.sorted())
    seen.insert(size_t(d.id));
  for (size_t id = 0; id < numDiagnostics; ++id)
    EXPECT_TRUE(seen.count(id)) << names[id] << " is provoked by no file of tests/dsl/errors";
}

} // namespace
} // namespace gan::dsl
