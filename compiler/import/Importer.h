// The importer's own header: what is known while a graph is being built.
#pragma once

#include "compiler/import/ImportModel.h"
#include "compiler/import/OpMaker.h"
#include "dsl/Checker.h"
#include "dsl/Uses.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <set>

namespace gan {

/// A distribution as the values that make it. A plain value is `first` alone.
struct Distribution {
  dsl::OutputKind kind = dsl::OutputKind::Value;
  mlir::Value first;  ///< logits or means
  mlir::Value second; ///< log variances of a gaussian; null where fixed
};

/// A parameter's place in its block's packed state.
struct Field {
  int64_t offset;
  llvm::SmallVector<int64_t> inside; ///< shape in memory
};

/// What an optimizer keeps of a block's parameters.
struct OptimizerState {
  std::string kind; ///< "exp_avg"
  std::string name; ///< of the state, "optim.D,Q.D.exp_avg"
};

/// Which graph is being built and how layers behave in it.
struct GraphState {
  bool training = false;
  mlir::Block *sources = nullptr;            ///< where reads, inputs and draws stand: the graph's or a repeated step's
  mlir::Operation *start = nullptr;          ///< the last of them, null: none yet
  int64_t step = -1;                         ///< index of the step, -1 outside
  int64_t entry = -1;                        ///< of the gan.step: a step of several streams has one for each
  int stream = -1;                           ///< that the step is for, -1: all
  std::string repeated;                      ///< name of the repeated step, whose draws are its own
  std::string count;                         ///< state that counts the updates by which numbers change; "": all runs
  std::map<std::string, mlir::Value> states; ///< current version of each state
  std::map<std::pair<int, int>, Distribution> lets;                 ///< values of lets, by index and output
  std::map<std::pair<const dsl::Expr *, int>, mlir::Value> samples; ///< by the place of `sample` and copy
  std::map<std::vector<const void *>, mlir::Value> known;        ///< by operation, attributes, operands; see sameValue
  std::map<const void *, mlir::Value> same;                      ///< what it found so far
  std::map<std::string, mlir::Value> draws;                      ///< data and draws by name
  std::map<std::pair<const void *, int64_t>, mlir::Value> views; ///< fields by state and offset
  /// One application for the same block on the same values: keyed by block, layer count and arguments.
  std::map<std::vector<const void *>, std::vector<mlir::Value>> applications;
  std::vector<int64_t> letUsers; ///< indices of the gan.steps that name the let under way; empty: none
  std::vector<StepOp> advancing; ///< what the application under way does to states, outside the steps
  std::map<std::vector<const void *>, std::vector<StepOp>> advances; ///< the same of each application
  std::set<int> givenCodes;        ///< encoders that are not computed: the host gives what they would make
  bool meanSamples = false;        ///< sample(q) is q's mean
  bool drawLabels = false;         ///< labels are drawn, each class as likely, instead of read with the data
  int copy = 0;                    ///< of an expression under log_mean_exp
  std::map<std::string, int> uses; ///< of a purpose of randomness, so far
};

/// Whether the gradient of a term that counts in this stream reaches the block.
bool reachedIn(const dsl::Model &model, const dsl::Objective &o, int block, int stream);

/// Data that stands for an encoder's output: "code.E".
std::string codeName(const dsl::Block &block, int output);

class Importer {
public:
  Importer(const dsl::Model &model, const dsl::Source &source, mlir::MLIRContext &context)
      : model(model), source(source), uses(dsl::usesOf(model)), builder(&context) {}
  mlir::OwningOpRef<mlir::ModuleOp> run();

private:
  // ImportModel.cpp: declarations
  void declareNumbers();
  void declareData();
  void declareNetwork(const dsl::Block &block);
  void declareOptimizerStates();
  void declareAverages();
  void declareState(llvm::StringRef name, llvm::StringRef network, Role role, Tensor type,
                    llvm::ArrayRef<mlir::Attribute> fields, dsl::Span span);
  void declareCount(const std::string &name, llvm::StringRef network, dsl::Span span);
  /// `prefix` + the parameter's own name + `suffix`, of the same layout.
  FieldAttr field(const dsl::Block &block, const dsl::Layer &layer, const dsl::Param &param, const std::string &prefix,
                  const std::string &suffix, bool zero);
  /// The same of each parameter of a block, as they are packed.
  std::vector<mlir::Attribute> fieldsLike(const dsl::Block &block, const std::string &prefix, const std::string &suffix,
                                          bool zero);
  mlir::Location location(dsl::Span span, const std::string &label);

  // ImportLayers.cpp
  std::vector<mlir::Value> applyLayers(int block, size_t count, llvm::ArrayRef<mlir::Value> arguments,
                                       const std::vector<const void *> &key);
  mlir::Value layer(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, llvm::ArrayRef<mlir::Value> refs);
  mlir::Value joinedInputs(const dsl::Block &block, llvm::ArrayRef<mlir::Value> arguments);
  mlir::Value join(llvm::ArrayRef<mlir::Value> parts);
  mlir::Value weight(const dsl::Block &block, const dsl::Layer &layer);
  mlir::Value overSpectralNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value w, mlir::Value y);
  mlir::Value sampleNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value linear(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value maxout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value convolution(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value batchNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, mlir::Value by);
  mlir::Value dropout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value activation(const dsl::Layer &layer, mlir::Value x);
  mlir::Value toUserOrder(mlir::Value x);                        ///< (N, H, W, C) to (N, C H W)
  mlir::Value fromUserOrder(mlir::Value x, const dsl::Shape &s); ///< (N, n) to the inside shape of s
  mlir::Value parameter(const dsl::Block &block, const dsl::Layer &layer, llvm::StringRef name);
  mlir::Value unpacked(mlir::Value state, const Field &field);
  mlir::Value number(const dsl::Number &n, Tensor type);
  mlir::Value scalar(const std::string &polish);
  void toSources(); ///< the builder behind the last read, input or draw

  // ImportImages.cpp
  mlir::Value take(mlir::Value x, int64_t dim, llvm::ArrayRef<int64_t> indices, double fill);
  mlir::Value windows(const dsl::Layer &layer, mlir::Value x, int64_t dim, int side, double fill);
  mlir::Value pool(const dsl::Layer &layer, mlir::Value x);
  mlir::Value upsample(const dsl::Layer &layer, mlir::Value x);
  mlir::Value border(const dsl::Layer &layer, mlir::Value x);
  mlir::Value pixelShuffle(const dsl::Layer &layer, mlir::Value x);
  mlir::Value minibatchStddev(const dsl::Layer &layer, mlir::Value x);

  // ImportExpressions.cpp
  Distribution evaluate(const dsl::Expr &e);
  mlir::Value value(const dsl::Expr &e);                            ///< of a number, a sample or the batch
  mlir::Value valueAs(const dsl::Expr &e, const dsl::Type &target); ///< broadcast to the target's shape
  mlir::Value arithmetic(const dsl::Expr &e);
  Distribution apply(const dsl::Expr &e);
  mlir::Value dataInput(const std::string &name, Tensor type);
  mlir::Value sameValue(mlir::Value v); ///< of equal values the first: what is written twice is one value
  const std::vector<mlir::Value> &application(int block, const dsl::Expr &e, size_t count);
  Distribution output(const dsl::Block &block, mlir::Value last, int index);
  mlir::Value latent(int index, int draw);
  std::string copyName() const;
  std::string ownName(const std::string &name) const; ///< of a source, as trace calls it
  mlir::Value draw(const std::string &name, const std::string &purpose, int64_t application, DrawKind kind, Tensor type,
                   double lo, double hi, mlir::Value keep);
  Tensor typeOf(const dsl::Type &type); ///< as it lies inside

  // ImportLets.cpp
  /// What a let, or a let of one, stands for, and which of its outputs.
  std::pair<const dsl::Expr *, int> origin(const dsl::Expr &e) const;
  bool isRandom(int let) const;
  std::map<int, std::vector<int64_t>> usersOfLets() const;
  void evaluateLet(int index);
  void evaluateStepLets();
  void evaluateOuterLets();
  void evaluateWatchedLets();
  void advance(const std::string &state, llvm::function_ref<mlir::Value(mlir::Value old)> next);
  void shareAdvances(const std::vector<const void *> &application);

  // ImportFunctions.cpp
  Distribution call(const dsl::Expr &e);
  mlir::Value elementFunction(const dsl::Expr &e);
  mlir::Value logProb(const dsl::Expr &e);
  mlir::Value argmax(mlir::Value scores);
  mlir::Value divergence(const dsl::Expr &e);
  mlir::Value entropy(const dsl::Expr &e);
  mlir::Value expectation(const Distribution &q);
  mlir::Value sample(const dsl::Expr &e);
  mlir::Value logSoftmax(mlir::Value logits);
  mlir::Value logVariance(const Distribution &q, const dsl::Expr &qe);
  mlir::Value total(mlir::Value v, const dsl::Expr &e); ///< sum of everything of a sample, or of the batch's value
  mlir::Value norm(mlir::Value v, const dsl::Expr &e);
  mlir::Value gradient(const dsl::Expr &e);
  mlir::Value logMeanExp(const dsl::Expr &e);

  // ImportSteps.cpp
  void step(const dsl::Step &s, int64_t index, int stream);
  std::vector<int> streamsOf(const dsl::Step &s) const; ///< that the step differs between; {-1}: none
  void startRepeated(const dsl::Step &s, mlir::Block &body);
  void objectives(const dsl::Step &s, const std::map<std::string, mlir::Value> &before);
  mlir::Value objectiveValue(const dsl::Objective &o);
  void observeGradient(const dsl::Step &s, int block, mlir::Value gradient);
  mlir::Value batchAverage(const dsl::Expr &e);
  mlir::Value packedGradient(mlir::Value function, int block, mlir::Value before);
  void metrics(int64_t step);
  mlir::Value clipFactor(const dsl::Objective &o, llvm::ArrayRef<mlir::Value> gradients);

  // ImportOptimizers.cpp
  std::vector<OptimizerState> optimizerStates(const dsl::Objective &o, int block) const;
  void optimize(const dsl::Objective &o, int block, mlir::Value gradient, mlir::Value gate);
  void keepAverage(int block, mlir::Value gate);
  mlir::Value gated(mlir::Value gate, mlir::Value fresh, mlir::Value old);

  // ImportCounts.cpp: updates done, where `when` or `from` keeps them from being the runs of a step
  void findCounts();
  void declareCounts();
  std::string countOf(const dsl::Objective &o) const;
  std::string countOf(const dsl::Step &s) const;
  std::string countOfAverage(int block) const;
  bool averageHasCount(int block) const; ///< of its own
  void countUpdate(const std::string &count, mlir::Value gate);
  void countAny(const std::string &count, llvm::ArrayRef<mlir::Value> gates);

  // ImportGraphs.cpp
  void trainGraph();
  void evaluateGraph();
  void codes();

  // ImportUses.cpp
  void sampleGraph();
  void reconstructGraph();
  void encodeGraph();
  void decodeGraph();
  void likelihoodGraph();
  /// A graph of values to be shown; `setUp` is run in it first. None where there are no values.
  void showGraph(GraphKind kind, const std::vector<dsl::ShownValue> &values, llvm::function_ref<void()> setUp);
  void useAverages();
  void graph(GraphKind kind, bool training, llvm::function_ref<void()> body);
  ObserveOp observe(ObserveKind kind, const std::string &name, mlir::Value v);
  void observeShown(ObserveKind kind, const std::string &name, const Distribution &q, const dsl::Shape &shape,
                    dsl::Range range, bool picture);

  /// A builder with the current location.
  OpMaker at() { return {builder, here}; }
  Tensor f32(llvm::ArrayRef<int64_t> shape) { return Tensor::get(shape, builder.getF32Type()); }
  Tensor f64() { return Tensor::get({}, builder.getF64Type()); }
  Tensor batched(llvm::ArrayRef<int64_t> shape) {
    llvm::SmallVector<int64_t> dims{model.batch};
    dims.append(shape.begin(), shape.end());
    return f32(dims);
  }

  const dsl::Model &model;
  const dsl::Source &source;
  const dsl::Uses uses;
  mlir::OpBuilder builder;
  mlir::Location here = builder.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::map<std::string, Field> fields;         ///< "G.0.weight"
  std::map<std::string, Tensor> stateTypes;    ///< by state
  std::map<std::string, std::string> averages; ///< the moving average of each state that has one
  int64_t entries = 0;                         ///< of gan.step so far
  bool countsUpdates = false;                  ///< some number goes by updates done
  GraphState g;
};

} // namespace gan
