// Advances: what layers do to states in training: running statistics and power iterations. In a step it happens at
// once. A let in front of the steps does it only in runs of a step that names the let, so there each change is a
// gan.step of its own, which lists its users.
#pragma once

#include "compiler/import/OpMaker.h"
#include "compiler/import/Position.h"
#include "compiler/import/States.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace gan {

/// Makes the state changes of layers.
class Advances {
public:
  Advances(OpMaker &ops, const Position &position, States &states) : ops(ops), position(position), states(states) {}

  /// Changes a state to `next` of it. Outside of the steps, nothing is changed where no let with users is evaluated.
  void advance(const std::string &state, llvm::function_ref<mlir::Value(mlir::Value old)> next);
  /// Until the result is destroyed: a let is evaluated that these gan.steps name.
  [[nodiscard]] llvm::SaveAndRestore<std::vector<int64_t>> forUsers(const std::vector<int64_t> &steps) {
    return {users, steps};
  }
  /// Ends an application of a block, whose changes so far are `made`. Lets share applications: such a one changes
  /// states whenever a step runs that names any of these lets.
  void share(std::vector<StepOp> &made);

private:
  OpMaker &ops;
  const Position &position;
  States &states;
  std::vector<int64_t> users;    ///< indices of the gan.steps that name the let being evaluated; empty: none
  std::vector<StepOp> advancing; ///< state changes of the application being built, outside the steps
};

} // namespace gan
