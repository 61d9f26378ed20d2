// A gan.kernel as codegen needs it: its collapsed dimensions, its anchor, its signature.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/schedules/Schedule.h"
#include "compiler/dialect/Gan.h"

namespace gan {

/// A module that contains only a copy of the kernel. In the copy, neighbouring dimensions are merged if every operation
/// treats them alike, so that loops are long. The buffers are the same memory. The copy has no label, places and
/// locations.
mlir::OwningOpRef<mlir::ModuleOp> canonicalKernel(KernelOp kernel);

/// The only kernel of a module.
KernelOp onlyKernel(mlir::ModuleOp module);

/// The canonical kernel's text, which is compiled, hashed and stored.
std::string kernelSignature(mlir::ModuleOp canonical);

Anchor anchorOf(KernelOp kernel);
/// The contraction, or the first reduction or draw; null for a map.
mlir::Operation *anchorOperation(KernelOp kernel);

/// M, N and K of a matrix product.
struct ProductSizes {
  int64_t m, n, k;
};
ProductSizes productSizes(MatMulOp op);

/// Symbol, arguments and costs of a canonical kernel.
KernelInfo describeKernel(KernelOp canonical);

} // namespace gan
