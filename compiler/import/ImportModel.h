// Turns a checked model into a module of the gan dialect.
#pragma once

#include "compiler/dialect/Gan.h"
#include "dsl/Model.h"

namespace gan {

/// The module has networks with their states, numbers, data, the graphs train and evaluate, and the graphs sample,
/// reconstruct, encode, decode and likelihood if the model has what they need. Every operation carries its place in
/// `source`. `shared`: several processes will share a batch, of which the model's is one process's part.
mlir::OwningOpRef<mlir::ModuleOp> importModel(const dsl::Model &model, const dsl::Source &source,
                                              mlir::MLIRContext &context, bool shared = false);

} // namespace gan
