// The checked model: what a `.gan` file means once names are resolved, shapes inferred and defaults filled in. It is
// all that is compiled: the syntax tree (Ast.h) is only checked, formatted and printed. Plain data. Shapes are those of
// one sample (the batch is implied) in (C, H, W) order, as the user writes them.
#pragma once

#include "dsl/Source.h"
#include "runtime/program.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gan::dsl {

/// Dimensions of one sample: {784} a vector, {1, 28, 28} an image, {} one number.
using Shape = std::vector<int64_t>;

/// Number of elements of a shape, 1 for {}. A number that does not fit becomes the largest integer.
int64_t elements(const Shape &shape);
/// The largest number of elements of a buffer: kernels count its elements in 32 bits.
inline constexpr int64_t mostElements = 2147483647;

/// The values that an expression can take; infinite if unknown.
struct Range {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
};

// ---------------------------------------------------------------------------------------------------------------
// Numbers: values that the host knows before a step runs. Changing them never needs a recompilation.

/// A literal, a named constant, and then the operations of GAN_NUMBER_OPS in runtime/program.h.
enum class NumberOp : uint8_t {
  Literal,  ///< pushes value
  Constant, ///< pushes Model::constants[index]
#define GAN_KIND(NAME, Kind, word, operands, by_name, value) Kind,
  GAN_NUMBER_OPS(GAN_KIND)
#undef GAN_KIND
};

/// An expression over numbers in reverse Polish order: operands first, one result left at the end.
struct Number {
  struct Term {
    NumberOp op = NumberOp::Literal;
    double value = 0; ///< value of a Literal
    int index = -1;   ///< index of a Constant
  };
  std::vector<Term> terms;

  /// The value if the whole expression is one literal; nothing if it may change at run time.
  std::optional<double> literal() const {
    return terms.size() == 1 && terms[0].op == NumberOp::Literal ? std::optional(terms[0].value) : std::nullopt;
  }
};

/// The number that is always this value.
Number literalNumber(double value);

/// A named number that `--set name=value` changes at run time: `const lambda = 1` as "lambda", an optimizer's
/// hyper-parameter as "<step>.lr" ("G.lr"; a step's name is the blocks it updates, "D,Q"). May be a schedule.
struct Constant {
  std::string name;
  Number value;
  Span span;
};

// ---------------------------------------------------------------------------------------------------------------
// Sources of values

enum class DataKind : uint8_t { Image, Vector, Categorical };

struct Data {
  std::string name;
  DataKind kind = DataKind::Image;
  Shape shape; ///< {C, H, W}, {n}, or {k} classes (one-hot)
  Range range;
  Span span;
  std::vector<std::string> columns{}; ///< of a table, by their names, one for each number; empty if it may be any data
};

enum class LatentKind : uint8_t { Uniform, Normal, Categorical, Laplace, Logistic };

struct Latent {
  std::string name;
  LatentKind kind = LatentKind::Normal;
  Shape shape;           ///< {n}, or {k} for a categorical (drawn as one-hot)
  double lo = 0, hi = 1; ///< range of a uniform
  Span span;
};

// ---------------------------------------------------------------------------------------------------------------
// Blocks and layers

enum class InitKind : uint8_t {
  Constant,
  Normal,
  Uniform,
  GlorotUniform,
  GlorotNormal,
  HeUniform,
  HeNormal,
  Orthogonal,
  TorchUniform, ///< U(-1/sqrt(fanIn), 1/sqrt(fanIn)): PyTorch's default for linear and conv
  UnitVector    ///< a random direction of length 1
};

/// Normal: mean a, deviation b. Uniform: in [a, b]. Constant: a. He*, Orthogonal: gain a. Others use neither.
struct Init {
  InitKind kind = InitKind::Constant;
  double a = 0, b = 0;
};

enum class ParamRole : uint8_t { Weight, Bias, Scale, Shift };

/// A tensor of a layer, with PyTorch's name and shape. Optimizers do not update buffers.
struct Param {
  std::string name; ///< "weight", "bias", "running_mean", "running_var", "num_batches_tracked"
  ParamRole role = ParamRole::Weight;
  bool buffer = false;
  Shape shape; ///< the whole shape, e.g. {out, in}; {O, I, kh, kw}; {I, O, kh, kw} for conv_transpose
  Init init;
  int64_t fanIn = 0, fanOut = 0;
};

/// A row of Layers.def. The enumerator and the spelling in the language are the same word (CamelCase / snake_case).
enum class LayerKind : uint8_t {
#define GAN_LAYER(Kind, spelling, ...) Kind,
#include "dsl/Layers.def"
};

/// A value that a layer refers to by name: an input of its block, or the value at an earlier label.
struct Ref {
  int input = -1; ///< index into Block::inputs
  int label = -1; ///< index into Block::labels
  Shape shape;
  bool oneHot = false;
};

/// The value of one argument of a layer: one or several numbers (kernel 4 -> {4}; reshape (128, 7, 7) -> 3 of them).
struct LayerArg {
  std::string name;
  std::vector<Number> values;
  std::vector<Ref> refs; ///< values that the argument names
};

struct Layer {
  LayerKind kind{};
  int index = 0;              ///< position in the block, counting every layer as in torch.nn.Sequential
  std::vector<LayerArg> args; ///< every argument of the row, in its order, with defaults filled in
  Shape in, out;
  std::vector<Param> params;
  Span span;

  /// The first value of the argument. The row guarantees that it exists.
  const Number &arg(std::string_view name) const;
  const LayerArg &argument(std::string_view name) const;
  double literal(std::string_view name) const { return *arg(name).literal(); }
};

/// A plain value, or a row of Distributions.def.
enum class OutputKind : uint8_t {
  Value,
#define GAN_DISTRIBUTION(Kind, spelling, ...) Kind,
#include "dsl/Distributions.def"
};

/// One declared output of a block. `-> image(c,h,w)` and `vector(n)` are Values.
struct Output {
  std::string name; ///< "" when the block has one unnamed output
  OutputKind kind = OutputKind::Value;
  Shape shape;                 ///< shape of the value or of one draw: {} for a plain `bernoulli`, {n}, {k}, {c,h,w}
  std::optional<Number> given; ///< variance, scale or count, if the block does not compute it
  std::optional<Range> kept;   ///< the interval in which the logarithm of that is kept
  double freedom = 0;          ///< degrees of freedom of a student_t
  std::optional<Range> pixels; ///< the range of the bytes whose probability a logistic gives, instead of a density
  int64_t width = 0; ///< how many numbers of the last layer it takes: 2n for a gaussian without given variance
  Range range;
  Span span;
};

struct Label {
  std::string name;
  int afterLayer = 0; ///< the value is the output of layers[afterLayer]
  Shape shape;
  Span span;
  int firstLayer = 0; ///< the layer or group that is labelled is layers[firstLayer] to layers[afterLayer]
};

/// A label inside another block: `qhead Q(D.trunk)`.
struct LabelRef {
  int block = -1;
  int label = -1;
};

/// One input of a block. Several inputs are concatenated along channels in the order declared, except those that layers
/// refer to by name.
struct Input {
  std::string name; ///< "" when unnamed
  Shape shape;
  bool joined = true;
  bool oneHot = false; ///< whether it is a class: one number is 1, the others are 0
  int latent = -1;     ///< index into Model::latents if the header names one
  int data = -1;       ///< index into Model::data if the header names one
  Span span;
};

/// A Global is one learned number, the parameter of its only layer. It has no inputs and no outputs: an application of
/// it is that number.
enum class BlockKind : uint8_t { Encoder, Decoder, Discriminator, QHead, Global };

struct Block {
  BlockKind kind{};
  std::string name;
  std::vector<Input> inputs;     ///< for a head: the inputs of the block that it sits on
  std::optional<LabelRef> trunk; ///< for a head: the label whose value its first layer takes
  std::vector<Layer> layers;
  std::vector<Label> labels;
  std::vector<Output> outputs;
  bool frozen = false;       ///< never updated; applied as in evaluation
  std::string file;          ///< where its tensors come from when training starts; "": they are drawn
  std::optional<Range> kept; ///< the interval in which each update keeps a Global
  Span span;
};

// ---------------------------------------------------------------------------------------------------------------
// Expressions

enum class TypeKind : uint8_t {
  Number,       ///< known on the host
  Sample,       ///< one tensor of `shape` per sample
  Batch,        ///< one tensor of `shape` for the whole batch (batch_mean and what is computed from it)
  Distribution, ///< a distribution of kind `dist`, with draws of `shape`
  Block         ///< several named outputs; only a field of it can be used
};

struct Type {
  TypeKind kind = TypeKind::Number;
  Shape shape;
  OutputKind dist = OutputKind::Value;
  Range range;
};

/// A function of the language. The checker inserts Expectation where a distribution stands for its expectation.
enum class Function : uint8_t {
#define GAN_FUNCTION(Kind, spelling, ...) Kind,
#include "dsl/Functions.def"
};

enum class ExprKind : uint8_t {
  Number, ///< number
  Data,   ///< index: Model::data, this iteration's batch
  Latent, ///< index: Model::latents, this iteration's draw
  Fresh, ///< index: Model::latents; draw: number of this fresh draw among those of the latent in the file, counted from
         ///< 1 ("z~1")
  Let,   ///< index: Model::lets
  Apply, ///< index: Model::blocks; args: its inputs; label or output tells which value is meant
  Refined,  ///< index: Model::refinements; what its steps have made so far
  Refine,   ///< the same, when all steps are done; args: the latent that it starts as. No model writes it
  Given,    ///< what the host gives for input `draw` of block `index`, in applications that no model writes
  Standard, ///< the prior of `type.shape` and kind `type.dist` with location 0 and scale 1; only as an argument of kl,
            ///< log_prob, sample
  Call,     ///< function; args
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Neg,
  Less, ///< this and the next four are 1 if true, otherwise 0
  Greater,
  And,
  Or,
  Not,
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  ExprKind kind{};
  Type type;
  Span span;
  Number number;
  int index = -1;
  int draw = 0;   ///< for Fresh: see there; for Call Sample: number of this `sample` in the file, from 0
  int label = -1; ///< for Apply: index into Block::labels; -1 for an output
  int output = 0; ///< for Apply, or a Let of one with several outputs: index into Block::outputs
  Function function{};
  std::vector<ExprPtr> args;
};

/// A named value. A let outside the steps is computed once in each iteration, one inside a step once in each run of
/// that step.
struct Let {
  std::string name;
  ExprPtr value;
  int step = -1; ///< index into Model::steps; -1 outside
  Span span;
  int refinement = -1; ///< index into Model::refinements: it is computed anew in each of its steps
};

/// A value that is made by many steps, each of which makes the next one of the one before: the sampler of a diffusion
/// model. It exists only where samples are shown.
struct Refinement {
  std::string name;
  int latent = -1; ///< index into Model::latents: what it starts as, whose shape it has
  int64_t steps = 1;
  ExprPtr next;
  Span span;
};

struct Metric {
  std::string name;
  ExprPtr value;
  int step = -1;
  Span span;
};

// ---------------------------------------------------------------------------------------------------------------
// Training

enum class OptimizerKind : uint8_t {
#define GAN_OPTIMIZER(Kind, spelling, ...) Kind,
#include "dsl/Optimizers.def"
};

/// An optimizer; `constants` are its hyper-parameters in the order of the row of Optimizers.def, as indices into
/// Model::constants.
struct Optimizer {
  OptimizerKind kind{};
  std::vector<int> constants;
  Span span;
};

/// One `maximize` or `minimize`. An objective has further terms only for streams of the data.
struct Term {
  std::string name; ///< its label, or the objective's name
  bool maximize = false;
  ExprPtr value;
  int stream = -1; ///< index into Model::streams: the term counts only in iterations of this stream; -1: in all
  Span span;
};

/// What some blocks of a step are updated for: the sum of the terms.
struct Objective {
  std::string name; ///< its label, or the blocks it updates: "D,Q"
  std::vector<int> blocks;
  std::map<int, int> labels; ///< of a block of which only the layers at a label are updated: index into Block::labels
  std::vector<Term> terms;
  Optimizer optimizer;
  std::optional<int> clipGrad;   ///< index into Model::constants: the largest allowed norm of the gradients
  bool clipTogether = false;     ///< whether the norm is that of all objectives of the step with this flag
  std::optional<int> clipWeight; ///< index into Model::constants: the largest allowed magnitude of a parameter
  ExprPtr when;           ///< a number of the batch, 0 or 1, that tells whether the update is kept; null: always kept
  int64_t accumulate = 1; ///< how many runs of the step share an update, by the average of their gradients
  Span span;
};

/// A part of the data from which iterations take their batches.
struct Stream {
  std::string name;
  int64_t count = 0; ///< number of images; 0: all that the other stream leaves
  int64_t seed = 0;  ///< seed of the permutation that picks the images
  Span span;
};

/// Numbers of the host go by how often a metric, or the value of an objective, has not become better for some epochs.
struct Plateau {
  std::string metric;
  bool maximize = false;
  int64_t epochs = 1;
  Span span;
};

/// A moving average of a block's parameters, with a copy of its buffers. It is updated after each update of the block.
struct Average {
  int block = -1;
  int decay = -1; ///< index into Model::constants
  Span span;
};

struct Step {
  std::string name; ///< the blocks it updates, "D,Q"
  std::vector<Objective> objectives;
  int64_t every = 1, times = 1;
  Span span;
};

struct Model {
  std::string name;
  std::vector<Constant> constants;
  std::vector<Data> data;
  std::vector<Latent> latents;
  std::vector<Block> blocks;
  std::vector<Let> lets;
  std::vector<Metric> metrics;
  std::vector<Step> steps;
  std::vector<Stream> streams; ///< none or two
  Number firstChance;          ///< probability that an iteration takes the first stream
  std::vector<Average> averages;
  std::vector<Plateau> plateaus;
  std::vector<Refinement> refinements;
  int64_t batch = 0;
  int64_t epochs = 0;          ///< declared length of training; 0 if none
  int64_t epochIterations = 0; ///< `epochs 50 of 100`: iterations of an epoch; 0: as many as the data holds
};

/// The name by which users give an input of a block: that of the header's data, latent or input; an input without a
/// name is "input", or "input2" and so on behind others without one.
std::string givenName(const Block &block, int input);

/// The codebook that an application of a block ends in; lets are followed. Null if it ends in something else.
const Layer *codebookAt(const Model &model, const Expr &e);

/// The label whose layers are all that an objective updates of a block; null if it updates the whole block.
const Label *updatedLabel(const Model &model, const Objective &objective, int block);
/// Whether a label, or null for the whole block, includes this layer of its block.
inline bool includes(const Label *label, const Layer &layer) {
  return !label || (layer.index >= label->firstLayer && layer.index <= label->afterLayer);
}

/// Visits an expression and its sub-expressions, each once. visitAll also follows lets; visitWithin does not.
void visitAll(const Model &model, const Expr &root, const std::function<void(const Expr &)> &visit);
void visitWithin(const Expr &root, const std::function<void(const Expr &)> &visit);
/// Walks along the gradient of an expression and calls `visit` with each application of a block that it reaches. Lets
/// are followed (`viaLet` is the first one on the way that stands outside the steps, or -1), and the walk ends at each
/// `stop`.
void walkGradient(const Model &model, const Expr &e, const std::function<void(const Expr &apply, int viaLet)> &visit);

} // namespace gan::dsl
