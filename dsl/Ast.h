// The syntax tree: what was written and where, without any meaning yet. Plain data.
#pragma once

#include "dsl/Source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gan::dsl::ast {

struct Name {
  std::string text;
  Span span;
};

enum class ExprKind : uint8_t { Number, Name, Call, Member, Tuple, Unary, Binary };

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// `lr 2e-4`, `over 10 epochs`, `by 0.99 per step`, or a bare value.
struct Argument {
  Name name; ///< "" for a bare value
  ExprPtr value;
  Name unit; ///< "epochs", "step"; "" if none
  Span span;
};

struct Expr {
  ExprKind kind;
  Span span;
  int height = 1; ///< how deep operations are nested
  double number = 0;
  Name name;                     ///< the text of a Name, the field of a Member, the operator of a Unary or Binary
  std::vector<ExprPtr> operands; ///< the callee of a Call, the object of a Member, the elements of a Tuple, or operands
  std::vector<Argument> arguments; ///< arguments of a Call
};

struct Layer {
  Name name;
  std::vector<Argument> arguments;
  Span span;
};

/// `normal(0, 0.02)` for `weight`.
struct InitRule {
  Name role;
  ExprPtr value;
};

/// `label: layer`, `layer`, or `label: { .. }`.
struct Item {
  Name label;
  std::optional<Layer> layer;
  std::vector<Item> group;
  Span span;
};

/// `name: value` in a block's header.
struct Port {
  Name name;
  ExprPtr type;
  Span span;
};

struct Block {
  Name kind, name;
  bool frozen = false;
  Name file; ///< what stands between the quotes of `from "weights.safetensors"`; "" if there is none
  std::vector<Port> inputs, outputs;
  std::vector<InitRule> inits;
  std::vector<Item> items;
  Span span;
};

struct Data {
  Name name;
  std::vector<Name> columns; ///< what stands between the quotes of `from "height", "weight"`
  ExprPtr type, lo, hi;      ///< lo and hi of `in [lo, hi]`; null if absent
  bool latent = false;
  Span span;
};

/// `global k = 0 in [0, 1]`.
struct Global {
  Name name;
  ExprPtr start, lo, hi; ///< lo and hi are null if there is no interval
  Span span;
};

/// `const a = e`, `let (a, b) = e`, `metric a = e`.
struct Binding {
  std::vector<Name> names;
  ExprPtr value;
  Span span;
};

struct Qualifiers {
  ExprPtr optimizer;            ///< a Call or a Name
  ExprPtr clipGrad, clipWeight; ///< numbers
  ExprPtr every, times, accumulate, when;
  Name from; ///< a stream
};

/// What a step updates: a block, or the layers at one of its labels.
struct Updated {
  Name block, label; ///< label: "" for the whole block
};

struct Objective {
  Name label;
  std::vector<Updated> blocks;
  bool maximize = false;
  ExprPtr value;
  Qualifiers qualifiers;
  Span span;
};

struct Step {
  std::vector<Updated> blocks;
  Qualifiers qualifiers;
  std::vector<Binding> lets, metrics;
  std::vector<Objective> objectives;
  Span span;
};

/// `choose first(count, seed s) with chance else second`.
struct Choice {
  ExprPtr first, chance; ///< first is a Call
  Name second;
  Span span;
};

/// `average G by 0.999`.
struct Average {
  Name block;
  ExprPtr decay;
  Span span;
};

/// `refine v from noise over 100 steps { let a = e ; next e }`.
struct Refinement {
  Name name, latent;
  ExprPtr steps, next;
  std::vector<Binding> lets;
  Span span;
};

struct Train {
  ExprPtr batch, epochs, iterations;
  std::vector<Choice> choices;
  std::vector<Average> averages;
  std::vector<Refinement> refinements;
  std::vector<Binding> constants, lets, metrics;
  std::vector<Step> steps;
  Span span;
};

struct File {
  Name model;
  std::vector<Data> data;
  std::vector<Global> globals;
  std::vector<Binding> constants;
  std::vector<InitRule> inits;
  std::vector<Block> blocks;
  std::optional<Train> train;
};

} // namespace gan::dsl::ast
