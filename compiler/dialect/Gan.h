// The gan dialect's one header: operations, interfaces and traits.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace gan {

/// result(i) depends on the operands at i only; operands and result have one type.
template <class Op> struct ElementwiseTrait : mlir::OpTrait::TraitBase<Op, ElementwiseTrait> {};
/// result(i) is an operand's element at a computed index, or a constant: costs nothing inside a kernel.
template <class Op> struct IndexingTrait : mlir::OpTrait::TraitBase<Op, IndexingTrait> {};
/// Sums and maxima over dimensions.
template <class Op> struct ReductionTrait : mlir::OpTrait::TraitBase<Op, ReductionTrait> {};
/// Matrix products and convolutions.
template <class Op> struct ContractionTrait : mlir::OpTrait::TraitBase<Op, ContractionTrait> {};

} // namespace gan

#include "compiler/dialect/GanDialect.h.inc"
#include "compiler/dialect/GanEnums.h.inc"
#include "compiler/dialect/GanInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/GanAttributes.h.inc"

#define GET_OP_CLASSES
#include "compiler/dialect/GanOps.h.inc"

namespace gan {

using Tensor = mlir::RankedTensorType;

inline Tensor tensorOf(mlir::Value value) { return mlir::cast<Tensor>(value.getType()); }

/// `type` with another shape.
inline Tensor withShape(Tensor type, llvm::ArrayRef<int64_t> shape) {
  return Tensor::get(shape, type.getElementType());
}

inline bool isElementwise(mlir::Operation *op) { return op->hasTrait<ElementwiseTrait>(); }
inline bool isIndexing(mlir::Operation *op) { return op->hasTrait<IndexingTrait>(); }
inline bool isReduction(mlir::Operation *op) { return op->hasTrait<ReductionTrait>(); }
inline bool isContraction(mlir::Operation *op) { return op->hasTrait<ContractionTrait>(); }
/// Element-wise or indexing: what a kernel can evaluate anywhere.
inline bool isMap(mlir::Operation *op) { return isElementwise(op) || isIndexing(op); }

/// One number everywhere.
mlir::Value splat(mlir::OpBuilder &builder, mlir::Location loc, Tensor type, double value);
/// The splat's number where `value` is a constant of one number.
std::optional<double> splatValue(mlir::Value value);
/// The element-wise operation's value at constants, for folding; nothing for other operations.
std::optional<double> evaluateElementwise(mlir::Operation *op, llvm::ArrayRef<double> operands);

} // namespace gan
