// Gives the rows of Keywords.def, Syntax.def, Layers.def, Functions.def and Optimizers.def as data.
#pragma once

#include "dsl/Model.h"

#include <span>
#include <string_view>

namespace gan::dsl {

/// The type of an argument. Sides: one, two or four numbers. Choice: one of the row's words, stored as its index. Refs:
/// names of inputs and labels.
enum class ArgType : uint8_t { Whole, Pair, Shape, Real, Flag, Sides, Choice, Refs };

struct ArgRow {
  std::string_view name;
  ArgType type;
  std::string_view fallback; ///< default; "!": must be given; "": may be left out
  double lo, hi;
  std::string_view doc;
  std::string_view choices = {}; ///< words of a Choice: "zero|reflect"
};

struct LayerRow {
  LayerKind kind;
  std::string_view spelling, example, doc;
  std::vector<ArgRow> args;
};

struct FunctionRow {
  Function kind;
  std::string_view spelling;
  size_t fewest, most;
  std::string_view example, doc;
};

/// A distribution of a block: how many numbers a value takes, the arguments that set the second of them or keep it in
/// an interval, and where values lie.
struct DistributionRow {
  std::string_view spelling;
  int64_t numbers;
  std::string_view given, kept;
  Range values;
};

/// A row that only the reference uses: a statement, qualifier, distribution or schedule with its meaning and an
/// example.
struct SyntaxRow {
  std::string_view part; ///< "declaration", "training", "qualifier", "distribution", "number"
  std::string_view spelling, example, doc;
};

/// What a word starts: a declaration, a block of this kind, a statement of `train`, or an objective.
enum class KeywordGroup : uint8_t { Declaration, Block, Training, Objective };

struct KeywordRow {
  std::string_view spelling;
  KeywordGroup group;
  bool only; ///< whether it starts statements and has no other use
};

/// An operation of numbers: its word, how many values it takes, and whether a model may call it by that word.
struct NumberOpRow {
  std::string_view word;
  size_t operands;
  bool byName;
};

struct HyperRow {
  std::string_view name, fallback;
};

struct OptimizerRow {
  OptimizerKind kind;
  std::string_view spelling, example, rule;
  std::vector<HyperRow> hypers;
};

/// The words of a Choice.
std::vector<std::string> choicesOf(const ArgRow &row);

const std::vector<KeywordRow> &keywordRows();
/// The words of these groups, in the table's order.
std::vector<std::string> keywords(std::initializer_list<KeywordGroup> groups);
/// The word for a kind of block, e.g. "encoder".
std::string_view spellingOf(BlockKind kind);

/// Indexed by NumberOp.
const std::vector<NumberOpRow> &numberOpRows();
const std::vector<LayerRow> &layerRows();
const std::vector<FunctionRow> &functionRows();
const std::vector<OptimizerRow> &optimizerRows();
const std::vector<SyntaxRow> &syntaxRows();
const std::vector<DistributionRow> &distributionRows();
/// The row of a distribution, which is no plain value.
inline const DistributionRow &rowOf(OutputKind kind) { return distributionRows()[size_t(kind) - 1]; }
inline const LayerRow &rowOf(LayerKind kind) { return layerRows()[size_t(kind)]; }
inline const FunctionRow &rowOf(Function kind) { return functionRows()[size_t(kind)]; }
inline const OptimizerRow &rowOf(OptimizerKind kind) { return optimizerRows()[size_t(kind)]; }

/// The reference's tables in Markdown: syntax, layers, functions, optimizers. README.md holds this text.
std::string referenceTables();

} // namespace gan::dsl
