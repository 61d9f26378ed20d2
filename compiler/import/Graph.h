// A graph of a module while it is built. It brings together what making an operation takes, whichever part of the model
// it comes from: the builder, the position in the model, inputs, states and numbers of the host. It knows nothing of
// expressions, which are built on it.
#pragma once

#include "compiler/import/Advances.h"
#include "compiler/import/Declarations.h"
#include "compiler/import/HostNumbers.h"
#include "compiler/import/Inputs.h"
#include "compiler/import/Position.h"
#include "compiler/import/States.h"

namespace gan {

/// One graph at the end of the module. It begins with a read of each state.
class Graph {
  mlir::OpBuilder builder; ///< stands in the graph's body

public:
  /// `label` is the name of the block that a graph of kind apply applies.
  Graph(const Declarations &declared, GraphKind kind, const Mode &mode, const std::string &label = "");

  /// The operations that follow come from this part of the source.
  void standAt(dsl::Span span, const std::string &label) { ops.loc = declared.location(span, label); }
  /// Shows a value to the host.
  ObserveOp observe(ObserveKind kind, const std::string &name, mlir::Value v);
  /// Writes the states that have changed.
  void writeStates();

  const Declarations &declared;
  const dsl::Model &model;
  const Mode mode;
  OpMaker ops;
  Position position;
  HostNumbers numbers;
  Inputs inputs;
  States states;
  Advances advances;
  llvm::DenseMap<mlir::Value, mlir::Value> chosen; ///< by what a codebook gives: which of its vectors, one-hot rows

private:
  States::Versions before; ///< the states that were read
};

} // namespace gan
