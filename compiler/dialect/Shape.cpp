// Indexing operations: shape rules, folds and gradients. Each gradient is again an indexing operation, or a sum.
#include "compiler/dialect/Gan.h"

using namespace mlir;

namespace gan {

// ---- constant ----

OpFoldResult ConstantOp::fold(FoldAdaptor) { return {}; }

// ---- broadcast ----

LogicalResult BroadcastOp::verify() {
  Tensor in = tensorOf(getX()), out = tensorOf(getResult());
  if ((int64_t)getDims().size() != in.getRank())
    return emitOpError("needs one result dimension for each of the operand's");
  for (auto [i, d] : llvm::enumerate(getDims())) {
    if (d < 0 || d >= out.getRank() || (i && d <= getDims()[i - 1]))
      return emitOpError("dimensions must be sorted and within the result's rank");
    if (in.getDimSize(i) != out.getDimSize(d))
      return emitOpError("dimension sizes differ: ") << in << " to " << out;
  }
  return success();
}

SmallVector<Value> BroadcastOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  SmallVector<int64_t> repeated;
  for (int64_t i = 0; i < tensorOf(g).getRank(); ++i)
    if (!llvm::is_contained(getDims(), i))
      repeated.push_back(i);
  return {repeated.empty() ? g : ReduceSumOp::create(b, getLoc(), getX().getType(), g, repeated).getResult()};
}

// ---- reshape ----

LogicalResult ReshapeOp::verify() {
  Tensor in = tensorOf(getX()), out = tensorOf(getResult());
  if (in.getNumElements() != out.getNumElements() || in.getElementType() != out.getElementType())
    return emitOpError("must keep elements and their type: ") << in << " to " << out;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    setOperand(inner.getX());
    return getResult();
  }
  return {};
}

SmallVector<Value> ReshapeOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  return {ReshapeOp::create(b, getLoc(), getX().getType(), g)};
}

// ---- transpose ----

LogicalResult TransposeOp::verify() {
  Tensor in = tensorOf(getX()), out = tensorOf(getResult());
  SmallVector<int64_t> shape, sorted(getPerm());
  llvm::sort(sorted);
  if (in.getRank() != (int64_t)sorted.size())
    return emitOpError("needs one number for each dimension");
  for (auto [i, d] : llvm::enumerate(sorted))
    if ((int64_t)i != d)
      return emitOpError("needs a permutation of the dimensions");
  for (int64_t d : getPerm())
    shape.push_back(in.getDimSize(d));
  if (out != withShape(in, shape))
    return emitOpError("result must be ") << withShape(in, shape) << ": " << out;
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPerm()))
    return getX();
  if (auto inner = getX().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> perm;
    for (int64_t d : getPerm())
      perm.push_back(inner.getPerm()[d]);
    setOperand(inner.getX());
    setPerm(perm);
    return getResult();
  }
  return {};
}

SmallVector<Value> TransposeOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  SmallVector<int64_t> inverse(getPerm().size());
  for (auto [i, d] : llvm::enumerate(getPerm()))
    inverse[d] = i;
  return {TransposeOp::create(b, getLoc(), getX().getType(), g, inverse)};
}

// ---- slice and pad: each is the gradient of the other ----

static LogicalResult verifyWindow(Operation *op, Tensor whole, Tensor window, ArrayRef<int64_t> offsets) {
  if (whole.getRank() != window.getRank() || whole.getRank() != (int64_t)offsets.size())
    return op->emitOpError("needs one rank and one offset for each dimension");
  for (int64_t i = 0; i < whole.getRank(); ++i)
    if (offsets[i] < 0 || offsets[i] + window.getDimSize(i) > whole.getDimSize(i))
      return op->emitOpError("window leaves the tensor: ") << window << " in " << whole;
  return success();
}

LogicalResult SliceOp::verify() { return verifyWindow(*this, tensorOf(getX()), tensorOf(getResult()), getOffsets()); }
LogicalResult PadOp::verify() { return verifyWindow(*this, tensorOf(getResult()), tensorOf(getX()), getOffsets()); }

SmallVector<Value> SliceOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  return {PadOp::create(b, getLoc(), getX().getType(), g, getOffsetsAttr())};
}
SmallVector<Value> PadOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  return {SliceOp::create(b, getLoc(), getX().getType(), g, getOffsetsAttr())};
}

// ---- concat ----

LogicalResult ConcatOp::verify() {
  if (getParts().empty())
    return emitOpError("needs at least one part");
  Tensor out = tensorOf(getResult());
  int64_t dim = getDim(), sum = 0;
  if (dim < 0 || dim >= out.getRank())
    return emitOpError("dimension is outside the rank");
  for (Value part : getParts()) {
    SmallVector<int64_t> shape(tensorOf(part).getShape());
    if ((int64_t)shape.size() != out.getRank())
      return emitOpError("parts must have the result's rank");
    sum += shape[dim];
    shape[dim] = out.getDimSize(dim);
    if (withShape(out, shape) != out)
      return emitOpError("parts differ beside the dimension: ") << part.getType() << " in " << out;
  }
  if (sum != out.getDimSize(dim))
    return emitOpError("parts add up to ") << sum << ", not " << out.getDimSize(dim);
  return success();
}

SmallVector<Value> ConcatOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool> needed) {
  SmallVector<Value> gradients;
  SmallVector<int64_t> offsets(tensorOf(g).getRank(), 0);
  for (auto [part, wanted] : llvm::zip(getParts(), needed)) {
    gradients.push_back(wanted ? SliceOp::create(b, getLoc(), part.getType(), g, offsets).getResult() : Value());
    offsets[getDim()] += tensorOf(part).getDimSize(getDim());
  }
  return gradients;
}

// ---- take: its gradient gathers, for each slice of the operand, the slices that were taken from it ----

LogicalResult TakeOp::verify() {
  Tensor in = tensorOf(getX());
  int64_t dim = getDim();
  if (dim < 0 || dim >= in.getRank())
    return emitOpError("dimension is outside the rank");
  for (int64_t i : getIndices())
    if (i < -1 || i >= in.getDimSize(dim))
      return emitOpError("index ") << i << " is outside " << in;
  SmallVector<int64_t> shape(in.getShape());
  shape[dim] = getIndices().size();
  if (withShape(in, shape) != getResult().getType())
    return emitOpError("result must be ") << withShape(in, shape) << ": " << getResult().getType();
  return success();
}

SmallVector<Value> TakeOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  Tensor type = tensorOf(getX());
  int64_t dim = getDim(), size = type.getDimSize(dim);
  std::vector<SmallVector<int64_t>> takers(size);
  size_t most = 1;
  for (auto [i, from] : llvm::enumerate(getIndices()))
    if (from >= 0) {
      takers[from].push_back(i);
      most = std::max(most, takers[from].size());
    }
  SmallVector<int64_t> indices, shape(type.getShape()), split(type.getShape());
  for (const SmallVector<int64_t> &list : takers) {
    indices.append(list.begin(), list.end());
    indices.append(most - list.size(), -1);
  }
  shape[dim] = indices.size();
  Value gathered = TakeOp::create(b, getLoc(), withShape(type, shape), g, dim, indices, APFloat(0.0));
  if (most == 1)
    return {gathered};
  split.insert(split.begin() + dim + 1, most);
  gathered = ReshapeOp::create(b, getLoc(), withShape(type, split), gathered);
  return {ReduceSumOp::create(b, getLoc(), type, gathered, {dim + 1})};
}

LogicalResult TableOp::verify() {
  if (tensorOf(getResult()).getShape() != ArrayRef<int64_t>{int64_t(getValues().size())})
    return emitOpError("has ") << getValues().size() << " numbers: " << getResult().getType();
  return success();
}

// ---- one_hot, cast ----

LogicalResult OneHotOp::verify() {
  SmallVector<int64_t> shape;
  ArrayRef<int64_t> all = tensorOf(getResult()).getShape();
  for (size_t i = 0; i < getDims().size(); ++i)
    if (getDims()[i] < 0 || getDims()[i] >= (int64_t)all.size() || (i && getDims()[i] <= getDims()[i - 1]))
      return emitOpError("dimensions must be sorted and within the result's rank");
  for (int64_t d = 0; d < (int64_t)all.size(); ++d)
    if (!llvm::is_contained(getDims(), d))
      shape.push_back(all[d]);
  if (withShape(tensorOf(getResult()), shape) != getIndex().getType())
    return emitOpError("operand must be the result without the new dimensions");
  return success();
}

SmallVector<Value> VariableOp::buildGradients(OpBuilder &, Value g, ArrayRef<bool>) { return {g}; }

SmallVector<Value> OwnOp::buildGradients(OpBuilder &builder, Value g, ArrayRef<bool>) {
  return {OwnOp::create(builder, getLoc(), g.getType(), g)};
}

LogicalResult CastOp::verify() {
  if (tensorOf(getX()).getShape() != tensorOf(getResult()).getShape())
    return emitOpError("must keep the shape");
  return success();
}

SmallVector<Value> CastOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  if (!isa<FloatType>(tensorOf(getX()).getElementType()))
    return {Value()};
  return {CastOp::create(b, getLoc(), getX().getType(), g)};
}

} // namespace gan
