// The language reference tells the truth: its tables are those of the .def files, its examples are models without
// mistakes.
#include "dsl/Checker.h"
#include "dsl/Tables.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gan::dsl {
namespace {

const std::string path = SOURCE_FOLDER "/dsl/README.md";

std::string readme() {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Reference, TablesAreCurrent) {
  std::string text = readme();
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
  std::string text = readme();
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

} // namespace
} // namespace gan::dsl
