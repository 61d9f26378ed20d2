// Builds the tables of the language and their Markdown.
#include "dsl/Tables.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

const std::vector<KeywordRow> &keywordRows() {
  static const std::vector<KeywordRow> rows = {
#define GAN_KEYWORD(word, group, only) {#word, KeywordGroup::group, bool(only)},
#include "dsl/Keywords.def"
  };
  return rows;
}

std::vector<std::string> keywords(std::initializer_list<KeywordGroup> groups) {
  std::vector<std::string> words;
  for (const KeywordRow &row : keywordRows())
    if (std::find(groups.begin(), groups.end(), row.group) != groups.end())
      words.emplace_back(row.spelling);
  return words;
}

std::string_view spellingOf(BlockKind kind) {
  if (kind == BlockKind::Global)
    return "global";
  auto first = std::find_if(keywordRows().begin(), keywordRows().end(),
                            [](const KeywordRow &row) { return row.group == KeywordGroup::Block; });
  return first[ptrdiff_t(kind)].spelling;
}

const std::vector<DistributionRow> &distributionRows() {
  static const std::vector<DistributionRow> rows = {
#define GAN_DISTRIBUTION(Kind, spelling, numbers, given, kept, lo, hi) {spelling, numbers, given, kept, {lo, hi}},
#include "dsl/Distributions.def"
  };
  return rows;
}

const std::vector<NumberOpRow> &numberOpRows() {
  static const std::vector<NumberOpRow> rows = {{"", 0, false},
                                                {"", 0, false},
#define GAN_ROW(NAME, Kind, word, operands, by_name, value) {word, operands, bool(by_name)},
                                                GAN_NUMBER_OPS(GAN_ROW)
#undef GAN_ROW
  };
  return rows;
}

const std::vector<LayerRow> &layerRows() {
  using enum ArgType;
  static const std::vector<LayerRow> rows = {
#define GAN_LAYER(Kind, spelling, example, doc, ...) {LayerKind::Kind, spelling, example, doc, {__VA_ARGS__}},
#include "dsl/Layers.def"
  };
  return rows;
}

const std::vector<FunctionRow> &functionRows() {
  static const std::vector<FunctionRow> rows = {
#define GAN_FUNCTION(Kind, spelling, fewest, most, example, doc) {Function::Kind, spelling, fewest, most, example, doc},
#include "dsl/Functions.def"
  };
  return rows;
}

const std::vector<OptimizerRow> &optimizerRows() {
  static const std::vector<OptimizerRow> rows = {
#define GAN_OPTIMIZER(Kind, spelling, example, rule, ...) {OptimizerKind::Kind, spelling, example, rule, {__VA_ARGS__}},
#include "dsl/Optimizers.def"
  };
  return rows;
}

const std::vector<SyntaxRow> &syntaxRows() {
  static const std::vector<SyntaxRow> rows = {
#define GAN_SYNTAX(part, spelling, example, doc) {part, spelling, example, doc},
#include "dsl/Syntax.def"
  };
  return rows;
}

std::vector<std::string> choicesOf(const ArgRow &row) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= row.choices.size();) {
    size_t end = std::min(row.choices.find('|', at), row.choices.size());
    words.emplace_back(row.choices.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

static std::string rangeText(const ArgRow &arg) {
  char text[64];
  snprintf(text, sizeof text, "%g to %g", arg.lo, arg.hi);
  if (arg.type == ArgType::Flag)
    return "on, off";
  if (arg.type == ArgType::Refs)
    return "names";
  if (arg.type != ArgType::Choice)
    return text;
  std::string words;
  for (const std::string &word : choicesOf(arg))
    words += (words.empty() ? "" : ", ") + word;
  return words;
}

static std::string fallbackText(std::string_view fallback) {
  return fallback == "!" ? "required" : fallback.empty() ? "inferred" : "`" + std::string(fallback) + "`";
}

static std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

static std::string syntaxTables() {
  std::string out;
  std::string_view part;
  for (const SyntaxRow &row : syntaxRows()) {
    if (row.part != part)
      out += (out.empty() ? "" : "\n") + ("### " + std::string(row.part)) +
             "\n\n| what | meaning | example |\n|---|---|---|\n";
    part = row.part;
    out += "| " + code(row.spelling) + " | " + std::string(row.doc) + " | " + code(row.example) + " |\n";
  }
  return out;
}

std::string referenceTables() {
  std::string out = syntaxTables() + "\n### Layers\n\n| layer | meaning and example | argument | default | range | "
                                     "meaning of the argument |\n|---|---|---|---|---|---|\n";
  for (const LayerRow &row : layerRows()) {
    std::string head = "| " + code(row.spelling) + " | " + std::string(row.doc) + ": " + code(row.example) + " |";
    if (row.args.empty())
      out += head + " | | | |\n";
    for (const ArgRow &arg : row.args) {
      out += head + " " + code(arg.name) + " | " + fallbackText(arg.fallback) + " | " + rangeText(arg) + " | " +
             std::string(arg.doc) + " |\n";
      head = "| | |";
    }
  }
  out += "\n### Functions\n\n| function | arguments | meaning | example |\n|---|---|---|---|\n";
  for (const FunctionRow &row : functionRows())
    out += "| " + code(row.spelling) + " | " + std::to_string(row.fewest) + " | " + std::string(row.doc) + " | " +
           code(row.example) + " |\n";
  out += "\n### Optimizers\n\n| optimizer | hyper-parameters and defaults | rule (PyTorch's) | example "
         "|\n|---|---|---|---|\n";
  for (const OptimizerRow &row : optimizerRows()) {
    out += "| " + code(row.spelling) + " |";
    for (const HyperRow &hyper : row.hypers)
      out += " " + code(hyper.name) + " " + fallbackText(hyper.fallback) + (&hyper == &row.hypers.back() ? "" : ",");
    out += " | " + std::string(row.rule) + " | " + code(row.example) + " |\n";
  }
  return out;
}

} // namespace gan::dsl
