// Numbers of the host: constants and schedules, which a run may change without a new compilation. An operation reads
// them where they are used; which runs or updates a schedule counts is part of that operation.
#pragma once

#include "compiler/import/OpMaker.h"
#include "compiler/import/Position.h"
#include "dsl/Checker.h"

#include "llvm/ADT/StringExtras.h"

namespace gan {

/// Makes values of the numbers of a model.
class HostNumbers {
public:
  HostNumbers(const dsl::Model &model, OpMaker &ops, const Position &position)
      : model(model), ops(ops), position(position) {}

  /// A number, broadcast to `type`: a constant if it is a literal, otherwise it is read at run time.
  mlir::Value as(Tensor type, const dsl::Number &n) {
    std::optional<double> v = n.literal();
    return v ? ops.constant(type, *v) : ops.broadcastScalar(wide(n), type);
  }
  /// A number in double precision.
  mlir::Value wide(const dsl::Number &n) {
    std::optional<double> v = n.literal();
    return v ? ops.constant(ops.f64(), *v) : read(dsl::numberText(model, n));
  }
  /// The factor that makes the mean over ranks of sums over `count` numbers the unbiased estimate from those of all
  /// ranks: ranks / (ranks * count - 1).
  mlir::Value unbiasedOverRanks(int64_t count) {
    return read("ranks ranks " + std::to_string(count) + " mul 1 sub 1 max div");
  }
  /// Model::constants[index] in double precision, read at run time.
  mlir::Value constant(int index) { return read("$" + model.constants[index].name); }

private:
  mlir::Value read(std::string polish) {
    if (!position.time.empty()) { // a number of its own, so that all steps of a refinement have the same kernels
      std::string timed;
      for (llvm::StringRef word : llvm::split(polish, ' '))
        timed += (timed.empty() ? "" : " ") + (word == "time" ? position.time : word.str());
      polish = std::move(timed);
    }
    auto number = ScalarOp::create(ops.b, ops.loc, ops.f64(), polish, position.entry, mlir::StringAttr(), PlaceAttr());
    if (!position.count.empty())
      number.setCount(position.count);
    return number;
  }

  const dsl::Model &model;
  OpMaker &ops;
  const Position &position;
};

} // namespace gan
