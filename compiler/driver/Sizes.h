// Sizes that only the planned program shows: buffers between kernels, and the total memory that training needs.
#pragma once

#include "compiler/dialect/Gan.h"
#include "dsl/Model.h"

#include <cstdint>
#include <string>

namespace gan {

/// Throws UserError with the place in the model and the numbers if a buffer has more elements than kernels can count.
void expectCountable(mlir::ModuleOp planned);

/// "vae.gan:12:3: warning: …" if training needs more than `machine` bytes of memory, with the batch that would fit;
/// otherwise "". It is only a warning because the program may be built here for a larger machine.
std::string memoryWarning(mlir::ModuleOp planned, int64_t batch, uint64_t machine);

/// Roughly the least memory that training needs, in bytes: one output of every layer, and four numbers per parameter.
uint64_t roughMemory(const dsl::Model &model);
/// The memory of this machine in bytes.
uint64_t machineMemory();

} // namespace gan
