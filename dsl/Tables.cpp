// The tables of the language, and their Markdown.
#include "dsl/Tables.h"

namespace gan::dsl {

const std::vector<LayerRow> &layerRows() {
  using enum ArgType;
  static const std::vector<LayerRow> rows = {
#define GAN_LAYER(Kind, spelling, doc, ...) {LayerKind::Kind, spelling, doc, {__VA_ARGS__}},
#include "dsl/Layers.def"
  };
  return rows;
}

const std::vector<FunctionRow> &functionRows() {
  static const std::vector<FunctionRow> rows = {
#define GAN_FUNCTION(Kind, spelling, fewest, most, doc) {Function::Kind, spelling, fewest, most, doc},
#include "dsl/Functions.def"
  };
  return rows;
}

const std::vector<OptimizerRow> &optimizerRows() {
  static const std::vector<OptimizerRow> rows = {
#define GAN_OPTIMIZER(Kind, spelling, ...) {OptimizerKind::Kind, spelling, {__VA_ARGS__}},
#include "dsl/Optimizers.def"
  };
  return rows;
}

static std::string fallbackText(std::string_view fallback) {
  return fallback == "!" ? "required" : fallback.empty() ? "inferred" : "`" + std::string(fallback) + "`";
}

std::string referenceTables() {
  std::string out = "### Layers\n\n| layer | meaning | argument | default | range | meaning of the argument "
                    "|\n|---|---|---|---|---|---|\n";
  auto number = [](double v) {
    char buffer[32];
    snprintf(buffer, sizeof buffer, "%g", v);
    return std::string(buffer);
  };
  for (const LayerRow &row : layerRows()) {
    std::string head = "| `" + std::string(row.spelling) + "` | " + std::string(row.doc) + " |";
    if (row.args.empty())
      out += head + " | | | |\n";
    for (const ArgRow &arg : row.args) {
      std::string range = arg.type == ArgType::Flag ? "on, off" : number(arg.lo) + " to " + number(arg.hi);
      out += head + " `" + std::string(arg.name) + "` | " + fallbackText(arg.fallback) + " | " + range + " | " +
             std::string(arg.doc) + " |\n";
      head = "| | |";
    }
  }
  out += "\n### Functions\n\n| function | arguments | meaning |\n|---|---|---|\n";
  for (const FunctionRow &row : functionRows())
    out +=
        "| `" + std::string(row.spelling) + "` | " + std::to_string(row.fewest) + " | " + std::string(row.doc) + " |\n";
  out += "\n### Optimizers\n\n| optimizer | hyper-parameters and defaults |\n|---|---|\n";
  for (const OptimizerRow &row : optimizerRows()) {
    out += "| `" + std::string(row.spelling) + "` |";
    for (const HyperRow &hyper : row.hypers)
      out += " `" + std::string(hyper.name) + "` " + fallbackText(hyper.fallback) +
             (&hyper == &row.hypers.back() ? "" : ",");
    out += " |\n";
  }
  return out;
}

} // namespace gan::dsl
