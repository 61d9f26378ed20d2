// Declares the passes (Passes.td) and the pipeline of each stage.
#pragma once

#include "compiler/dialect/Gan.h"
#include "mlir/Pass/Pass.h"

namespace gan {

#define GEN_PASS_DECL
#include "compiler/passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

/// Stages of the module after import, in their order; each includes those before it.
enum class PassStage { Grad, Fused, Planned };

/// Adds the passes that lead from the imported module to `stage`. This is the only list of passes. `shared`: the
/// samples of a rank, if several processes share a batch.
void addPasses(mlir::OpPassManager &manager, PassStage stage, std::optional<int64_t> shared = std::nullopt);

/// The attribute of a module that gan-cross-ranks could not do: a sentence for users. The module has no other use then.
constexpr llvm::StringLiteral refusedAttribute = "gan.refused";

} // namespace gan
