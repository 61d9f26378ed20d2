// Turns a checked model into a module of the gan dialect.
#pragma once

#include "compiler/dialect/Gan.h"
#include "compiler/import/Sharing.h"
#include "dsl/Model.h"

namespace gan {

/// The module has networks with their states, numbers, data, the graphs train and evaluate, and the graphs sample,
/// reconstruct, encode, decode and likelihood if the model has what they need. Every operation carries its place in
/// `source`. Unless it is for one process alone, the model's batch is a process's part.
mlir::OwningOpRef<mlir::ModuleOp> importModel(const dsl::Model &model, const dsl::Source &source,
                                              mlir::MLIRContext &context, Sharing sharing = Sharing::Alone);

} // namespace gan
