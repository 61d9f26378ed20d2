// Sizes that only the planned program shows: buffers between kernels, and the memory that training takes in all.
#pragma once

#include "compiler/dialect/Gan.h"
#include "dsl/Model.h"

#include <cstdint>
#include <string>

namespace gan {

/// Throws UserError with the place in the model and the numbers where a buffer has more elements than kernels count.
void expectCountable(mlir::ModuleOp planned);

/// "vae.gan:12:3: warning: …" where training takes more than `machine` bytes of memory, with the batch that would fit;
/// else "". It may be built here for a larger machine, so that this is no mistake.
std::string memoryWarning(mlir::ModuleOp planned, int64_t batch, uint64_t machine);

/// Bytes that training takes at least, about: one output of every layer, and four numbers a parameter.
uint64_t roughMemory(const dsl::Model &model);
/// Bytes of memory of this machine.
uint64_t machineMemory();

} // namespace gan
