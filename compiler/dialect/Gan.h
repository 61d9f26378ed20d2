// The only header of the gan dialect: operations, interfaces and traits.
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

/// result(i) depends only on the operands at i; operands and result have the same type.
template <class Op> struct ElementwiseTrait : mlir::OpTrait::TraitBase<Op, ElementwiseTrait> {};
/// result(i) is an operand's element at a computed index, or a constant, so that it costs nothing inside a kernel.
template <class Op> struct IndexingTrait : mlir::OpTrait::TraitBase<Op, IndexingTrait> {};
/// Sums, maxima and argmax over dimensions.
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
/// Element-wise or indexing, that is, what a kernel can evaluate at any point.
inline bool isMap(mlir::Operation *op) { return isElementwise(op) || isIndexing(op); }

/// A constant tensor that has the same number everywhere.
mlir::Value splat(mlir::OpBuilder &builder, mlir::Location loc, Tensor type, double value);
/// The number of a splat, also behind broadcasts, reshapes and stops; nothing if `value` is anything else.
std::optional<double> splatValue(mlir::Value value);
inline bool isSplat(mlir::Value value, double number) { return splatValue(value) == number; }
/// The value of an element-wise operation at constants, for folding; nothing for other operations.
std::optional<double> evaluateElementwise(mlir::Operation *op, llvm::ArrayRef<double> operands);

} // namespace gan
