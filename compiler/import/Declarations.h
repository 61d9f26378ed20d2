// Declarations: what a module says once, before its graphs: numbers, data, networks and their states. Graphs are built
// from it and change nothing in it.
#pragma once

#include "compiler/import/Fields.h"
#include "compiler/import/Sharing.h"
#include "compiler/import/UpdateCounts.h"

#include <map>

namespace gan {

/// What an optimizer keeps for a block's parameters.
struct OptimizerState {
  std::string kind; ///< "exp_avg"
  std::string name; ///< name of the state, "optim.D,Q.D.exp_avg"
};

/// All that an objective's optimizer keeps for a block, but for the count of updates.
std::vector<OptimizerState> optimizerStates(const dsl::Model &model, const dsl::Objective &objective, int block);
/// Name of the state that counts the updates of a block by an objective.
std::string optimizerCount(const dsl::Objective &objective, const dsl::Block &block);

/// Names of what a step with `accumulate` keeps: the gradients of a block so far, and of how many runs they are.
std::string accumulatedName(const dsl::Objective &objective, const dsl::Block &block);
std::string accumulatedCount(const dsl::Objective &objective);

/// Name of the data that stands for an encoder's output: "code.E".
std::string codeName(const dsl::Block &block, int output);
/// The name of an input of a block that the host gives where the block alone is applied.
std::string givenSymbol(const dsl::Block &block, int input);

/// Writes the declarations of a model into a module, and afterwards knows what was declared.
class Declarations {
public:
  Declarations(const dsl::Model &model, const dsl::Source &source, mlir::ModuleOp module, Sharing sharing);

  /// The place of operations that come from this part of the source.
  mlir::Location location(dsl::Span span, const std::string &label) const;
  mlir::Location location(const dsl::Expr &e) const; ///< labelled with the beginning of the expression's text

  mlir::ModuleOp module() const { return target; }
  const std::map<std::string, Tensor> &states() const { return stateTypes; }
  bool hasParameters(const dsl::Block &block) const { return stateTypes.count(block.name); }
  /// The moving average of each state that has one.
  const std::map<std::string, std::string> &averages() const { return averageOf; }

  const dsl::Model &model;
  const Fields fields;
  const UpdateCounts counts;
  const Sharing sharing;

private:
  void declareNumbers();
  void declareData();
  void declareGiven(const dsl::Block &block);
  void declareNetwork(const dsl::Block &block);
  void declareOptimizerStates();
  void declareAverages();
  void declareState(llvm::StringRef name, llvm::StringRef network, Role role, Tensor type,
                    llvm::ArrayRef<mlir::Attribute> list, dsl::Span span);
  void declareCount(const std::string &name, llvm::StringRef network, dsl::Span span);

  mlir::ModuleOp target;
  const dsl::Source &source;
  mlir::OpBuilder builder; ///< stands where the next declaration belongs
  std::map<std::string, Tensor> stateTypes;
  std::map<std::string, std::string> averageOf;
};

} // namespace gan
