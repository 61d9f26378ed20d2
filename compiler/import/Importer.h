// The importer's own header: holds what is known while a graph is being built.
#pragma once

#include "compiler/import/Declarations.h"
#include "compiler/import/ImportModel.h"
#include "compiler/import/OpMaker.h"
#include "dsl/Checker.h"
#include "dsl/Uses.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <set>

namespace gan {

/// A distribution, given by the values that define it. A plain value is `first` alone.
struct Distribution {
  dsl::OutputKind kind = dsl::OutputKind::Value;
  mlir::Value first;  ///< logits or means
  mlir::Value second; ///< log variances of a gaussian; null if the variance is fixed
};

/// Which graph is being built and how layers behave in it.
struct GraphState {
  bool training = false;
  mlir::Block *sources = nullptr;   ///< block in which reads, inputs and draws stand: the graph's or a repeated step's
  mlir::Operation *start = nullptr; ///< the last of these operations; null: none yet
  int64_t step = -1;                ///< index of the step; -1 outside of steps
  int64_t entry = -1;   ///< index of the gan.step, of which a step of several streams has one for each stream
  int stream = -1;      ///< the stream that the step is imported for; -1: all
  std::string repeated; ///< name of the repeated step, which has its own draws
  std::string count;    ///< state that counts the updates on which numbers depend; "": they are all runs
  std::map<std::string, mlir::Value> states;                        ///< current version of each state
  std::map<std::pair<int, int>, Distribution> lets;                 ///< values of lets, by index and output
  std::map<std::pair<const dsl::Expr *, int>, mlir::Value> samples; ///< by the expression `sample` and the copy
  std::map<std::vector<const void *>, mlir::Value> known;        ///< by operation, attributes, operands; see sameValue
  std::map<const void *, mlir::Value> same;                      ///< results of sameValue so far
  std::map<std::string, mlir::Value> draws;                      ///< data and draws by name
  std::map<std::pair<const void *, int64_t>, mlir::Value> views; ///< fields by state and offset
  /// The same block on the same values is applied once; the key is the block, the layer count and the arguments.
  std::map<std::vector<const void *>, std::vector<mlir::Value>> applications;
  std::vector<int64_t> letUsers; ///< indices of the gan.steps that name the let being evaluated; empty: none
  std::vector<StepOp> advancing; ///< state changes of the application being built, outside the steps
  std::map<std::vector<const void *>, std::vector<StepOp>> advances; ///< state changes of each finished application
  std::set<int> givenCodes;        ///< encoders that are not computed, because the host gives their outputs
  bool meanSamples = false;        ///< sample(q) returns q's mean
  bool drawLabels = false;         ///< labels are drawn, all classes equally likely, instead of read with the data
  int copy = 0;                    ///< number of the copy of an expression under log_mean_exp
  std::map<std::string, int> uses; ///< how often each purpose of randomness has been used so far
};

class Importer {
public:
  explicit Importer(const Declarations &declared)
      : declared(declared), model(declared.model), uses(dsl::usesOf(model)), builder(declared.module().getContext()) {}
  void run();

private:
  // ImportLayers.cpp
  std::vector<mlir::Value> applyLayers(int block, size_t count, llvm::ArrayRef<mlir::Value> arguments,
                                       const std::vector<const void *> &key);
  mlir::Value layer(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, llvm::ArrayRef<mlir::Value> refs);
  mlir::Value joinedInputs(const dsl::Block &block, llvm::ArrayRef<mlir::Value> arguments);
  mlir::Value weight(const dsl::Block &block, const dsl::Layer &layer);
  mlir::Value overSpectralNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value w, mlir::Value y);
  mlir::Value sampleNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value linear(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value maxout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value convolution(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value batchNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, mlir::Value by);
  mlir::Value dropout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value activation(const dsl::Layer &layer, mlir::Value x);
  mlir::Value parameter(const dsl::Block &block, const dsl::Layer &layer, llvm::StringRef name);
  mlir::Value unpacked(mlir::Value state, const Field &field);
  mlir::Value number(const dsl::Number &n, Tensor type);
  mlir::Value scalar(const std::string &polish);
  void toSources(); ///< moves the builder behind the last read, input or draw

  // ImportExpressions.cpp
  Distribution evaluate(const dsl::Expr &e);
  mlir::Value value(const dsl::Expr &e);                            ///< value of a number, a sample or the batch
  mlir::Value valueAs(const dsl::Expr &e, const dsl::Type &target); ///< broadcast to the target's shape
  mlir::Value arithmetic(const dsl::Expr &e);
  Distribution apply(const dsl::Expr &e);
  mlir::Value dataInput(const std::string &name, Tensor type);
  mlir::Value sameValue(mlir::Value v); ///< the first of equal values: what is written twice is one value
  const std::vector<mlir::Value> &application(int block, const dsl::Expr &e, size_t count);
  Distribution output(const dsl::Block &block, mlir::Value last, int index);
  mlir::Value latent(int index, int draw);
  std::string copyName() const;
  std::string ownName(const std::string &name) const; ///< name of a source as trace calls it
  mlir::Value draw(const std::string &name, const std::string &purpose, int64_t application, DrawKind kind, Tensor type,
                   double lo, double hi, mlir::Value keep);
  Tensor typeOf(const dsl::Type &type); ///< as the value lies in memory

  // ImportLets.cpp
  /// What a let, or a let that names a let, stands for, and which of its outputs it is.
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
  mlir::Value total(mlir::Value v, const dsl::Expr &e); ///< sum over all elements of a sample, or of the batch's value
  mlir::Value norm(mlir::Value v, const dsl::Expr &e);
  mlir::Value gradient(const dsl::Expr &e);
  mlir::Value logMeanExp(const dsl::Expr &e);

  // ImportSteps.cpp
  void step(const dsl::Step &s, int64_t index, int stream);
  void startRepeated(const dsl::Step &s, mlir::Block &body);
  void objectives(const dsl::Step &s, const std::map<std::string, mlir::Value> &before);
  mlir::Value objectiveValue(const dsl::Objective &o);
  void observeGradient(const dsl::Step &s, int block, mlir::Value gradient);
  mlir::Value batchAverage(const dsl::Expr &e);
  mlir::Value packedGradient(mlir::Value function, int block, mlir::Value before);
  void metrics(int64_t step);
  mlir::Value clipFactor(const dsl::Objective &o, llvm::ArrayRef<mlir::Value> gradients);

  // ImportOptimizers.cpp
  void optimize(const dsl::Objective &o, int block, mlir::Value gradient, mlir::Value gate);
  void keepAverage(int block, mlir::Value gate);
  mlir::Value gated(mlir::Value gate, mlir::Value fresh, mlir::Value old);

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
  /// Builds a graph of values to be shown, in which `setUp` is run first. There is no graph if there are no values.
  void showGraph(GraphKind kind, const std::vector<dsl::ShownValue> &values, llvm::function_ref<void()> setUp);
  void useAverages();
  void graph(GraphKind kind, bool training, llvm::function_ref<void()> body);
  ObserveOp observe(ObserveKind kind, const std::string &name, mlir::Value v);
  void observeShown(ObserveKind kind, const std::string &name, const Distribution &q, const dsl::Shape &shape,
                    dsl::Range range, bool picture);

  const Declarations &declared;
  const dsl::Model &model;
  const dsl::Uses uses;
  mlir::OpBuilder builder;
  OpMaker ops{builder, builder.getUnknownLoc(), model.batch};
  int64_t entries = 0; ///< number of gan.steps so far
  GraphState g;
};

} // namespace gan
