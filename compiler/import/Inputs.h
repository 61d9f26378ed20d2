// Inputs of a graph: its states as they were before, the data that the host writes, and random draws. They stand at the
// beginning, and each is made once: whichever expression names a draw first, all others see the same numbers. A step
// that is repeated in an iteration has inputs of its own, at its own beginning.
#pragma once

#include "compiler/import/OpMaker.h"
#include "compiler/import/Position.h"
#include "dsl/Model.h"

#include "llvm/Support/SaveAndRestore.h"
#include <map>

namespace gan {

/// Makes each input where it is first named.
class Inputs {
public:
  Inputs(const dsl::Model &model, OpMaker &ops, const Position &position, mlir::Block &graph);

  /// Reads a state.
  mlir::Value state(const std::string &name, Tensor type);
  /// What the host writes before a run.
  mlir::Value data(const std::string &name, Tensor type);
  /// What the host writes before a run, which it knows by another name than the declaration has.
  mlir::Value given(const std::string &name, const std::string &called, Tensor type);
  /// Labels drawn at random: classes, all equally likely.
  mlir::Value labels(const std::string &name, Tensor type);
  /// Attributes drawn at random: numbers evenly in their range, or standard normal ones if it has no ends.
  mlir::Value attributes(const std::string &name, Tensor type, dsl::Range range);
  /// The draw of a random source for this iteration; `draw` counts further ones of the same source.
  mlir::Value latent(int index, int draw);
  /// Standard normal noise; each call gives another one.
  mlir::Value noise(const std::string &purpose, Tensor type);
  /// Numbers of [0, 1), each as likely; each call gives others.
  mlir::Value uniform(const std::string &purpose, Tensor type);
  /// A mask of zeros, and of ones with probability `keep`; each call gives another one. It stands where it is used.
  mlir::Value mask(const std::string &purpose, Tensor type, mlir::Value keep);

  /// Where inputs stand, and which there are.
  struct Beginning {
    mlir::Block *block;
    mlir::Operation *last = nullptr;         ///< the last of the inputs; null: none yet
    std::map<std::string, mlir::Value> made; ///< data and draws by name
    std::string repeated = "";               ///< the repeated step to which the block belongs
  };
  /// Until the result is destroyed, inputs belong to a repeated step with this body.
  [[nodiscard]] llvm::SaveAndRestore<Beginning> repeat(const dsl::Step &step, mlir::Block &body);

private:
  struct Draw {
    std::string name, purpose;
    int64_t application; ///< number of the draw among those of its purpose
    DrawKind kind;
    Tensor type;
    double lo = 0, hi = 1;
  };
  mlir::Value draw(const Draw &what, mlir::Value keep);
  mlir::Value quantile(dsl::LatentKind kind, mlir::Value drawn);
  mlir::Value anew(const std::string &purpose, DrawKind kind, Tensor type);
  std::string ownName(const std::string &name) const;
  void moveToBeginning();

  const dsl::Model &model;
  OpMaker &ops;
  const Position &position;
  Beginning beginning;
  llvm::DenseMap<mlir::Value, mlir::Value> quantiles; ///< by uniform draw
  std::map<std::string, int> uses;                    ///< how often each purpose of randomness has been used so far
};

} // namespace gan
