// Shorthands for building operations: a builder, the place in the model that operations carry, the types of values over
// a batch, and element-wise arithmetic that broadcasts scalars.
#pragma once

#include "compiler/dialect/Gan.h"

namespace gan {

struct OpMaker {
  mlir::OpBuilder &b;
  mlir::Location loc; ///< place in the model of the operations that are made next
  int64_t batch;      ///< how many samples a batch has

  Tensor f32(llvm::ArrayRef<int64_t> shape) { return Tensor::get(shape, b.getF32Type()); }
  Tensor f64() { return Tensor::get({}, b.getF64Type()); }
  /// A tensor of `shape` for each sample.
  Tensor batched(llvm::ArrayRef<int64_t> shape) {
    llvm::SmallVector<int64_t> dims{batch};
    dims.append(shape.begin(), shape.end());
    return f32(dims);
  }
  mlir::Value constant(Tensor type, double v) { return splat(b, loc, type, v); }
  mlir::Value like(mlir::Value v, double number) { return splat(b, loc, tensorOf(v), number); }
  template <class Op> mlir::Value unary(mlir::Value x) { return Op::create(b, loc, x.getType(), x); }
  template <class Op> mlir::Value binary(mlir::Value x, mlir::Value y) { return Op::create(b, loc, x.getType(), x, y); }
  mlir::Value add(mlir::Value x, mlir::Value y) { return binary<AddOp>(x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return binary<SubOp>(x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return binary<MulOp>(x, y); }
  mlir::Value div(mlir::Value x, mlir::Value y) { return binary<DivOp>(x, y); }
  mlir::Value scale(mlir::Value x, double factor) { return mul(x, like(x, factor)); }
  mlir::Value select(mlir::Value c, mlir::Value x, mlir::Value y) {
    return SelectOp::create(b, loc, x.getType(), c, x, y);
  }
  mlir::Value sum(mlir::Value x, llvm::ArrayRef<int64_t> dims) {
    return ReduceSumOp::create(b, loc, reduced(x, dims), x, b.getDenseI64ArrayAttr(dims));
  }
  mlir::Value maximum(mlir::Value x, llvm::ArrayRef<int64_t> dims) {
    return ReduceMaxOp::create(b, loc, reduced(x, dims), x, b.getDenseI64ArrayAttr(dims));
  }
  mlir::Value broadcast(mlir::Value x, Tensor type, llvm::ArrayRef<int64_t> dims) {
    return x.getType() == type ? x : BroadcastOp::create(b, loc, type, x, dims).getResult();
  }
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape) {
    return tensorOf(x).getShape() == shape ? x
                                           : ReshapeOp::create(b, loc, withShape(tensorOf(x), shape), x).getResult();
  }
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> perm) {
    llvm::SmallVector<int64_t> shape;
    for (int64_t d : perm)
      shape.push_back(tensorOf(x).getDimSize(d));
    return TransposeOp::create(b, loc, withShape(tensorOf(x), shape), x, perm);
  }
  /// x as f32, broadcast to `type`; x has no dimensions, being an f64 scalar of the host or a number for the whole
  /// batch.
  mlir::Value broadcastScalar(mlir::Value x, Tensor type) {
    if (tensorOf(x).getElementType() != type.getElementType())
      x = CastOp::create(b, loc, Tensor::get(tensorOf(x).getShape(), type.getElementType()), x);
    return broadcast(x, type, {});
  }
  /// Dimensions 1, 2, .., which are all dimensions of a sample.
  static llvm::SmallVector<int64_t> sampleDims(mlir::Value x) {
    llvm::SmallVector<int64_t> dims;
    for (int64_t d = 1; d < tensorOf(x).getRank(); ++d)
      dims.push_back(d);
    return dims;
  }

private:
  static Tensor reduced(mlir::Value x, llvm::ArrayRef<int64_t> dims) {
    llvm::SmallVector<int64_t> shape;
    for (int64_t d = 0; d < tensorOf(x).getRank(); ++d)
      if (!llvm::is_contained(dims, d))
        shape.push_back(tensorOf(x).getDimSize(d));
    return withShape(tensorOf(x), shape);
  }
};

} // namespace gan
