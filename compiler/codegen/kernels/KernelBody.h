// A gan.kernel as codegen sees it: collapsed dimensions, its anchor, its signature.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/schedules/Schedule.h"
#include "compiler/dialect/Gan.h"

namespace gan {

/// A module with nothing but a copy of the kernel, in which neighbouring dimensions that every operation treats alike
/// are one, so that loops are long. The buffers are the same memory. Label, places and locations are gone.
mlir::OwningOpRef<mlir::ModuleOp> canonicalKernel(KernelOp kernel);

/// The one kernel of a module.
KernelOp onlyKernel(mlir::ModuleOp module);

/// The canonical kernel's text: what is compiled, hashed and stored.
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
