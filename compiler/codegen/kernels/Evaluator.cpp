// Turns operations into Halide expressions: element-wise ones by their texts, indexing ones by index arithmetic.
#include "compiler/codegen/kernels/Evaluator.h"
#include "compiler/Bug.h"
#include "compiler/codegen/kernels/HalideScalar.h"

using namespace mlir;

namespace gan {
namespace {

template <class Op> bool evaluateOne(Operation *op, ArrayRef<HScalar> v, Halide::Expr &out) {
  if constexpr (Op::template hasTrait<ElementwiseTrait>()) {
    if (!isa<Op>(op))
      return false;
    Halide::Type type = v[0].e.type();
    if constexpr (Op::arity == 1)
      out = Op::template value<HScalar>(v[0]).as(type);
    else if constexpr (Op::arity == 2)
      out = Op::template value<HScalar>(v[0], v[1]).as(type);
    else
      out = Op::template value<HScalar>(v[0], v[1], v[2]).as(type);
    return true;
  }
  return false;
}

template <class... Ops> bool evaluateAny(Operation *op, ArrayRef<HScalar> v, Halide::Expr &out) {
  return (evaluateOne<Ops>(op, v, out) || ...);
}

Halide::Expr elementwise(Operation *op, ArrayRef<HScalar> v) {
  Halide::Expr out;
  bool found = evaluateAny<
#define GET_OP_LIST
#include "compiler/dialect/GanOps.cpp.inc"
      >(op, v, out);
  ensure(found, "every element-wise operation has a text");
  return out;
}

/// The index of the same element in another shape. Dimensions are matched in runs with equal products, so that a part
/// that is the same in both shapes needs no division.
Index reshapedIndex(const Index &index, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  Index result(to.size());
  size_t f = 0, t = 0;
  while (f < from.size() || t < to.size()) {
    size_t first = t;
    int64_t have = 1, want = 1;
    Halide::Expr linear = 0;
    do {
      bool widen = t == to.size() || (f < from.size() && have <= want);
      if (widen) {
        linear = linear * int32_t(from[f]) + index[f];
        have *= from[f++];
      } else {
        want *= to[t++];
      }
    } while (have != want);
    for (size_t d = t; d-- > first;) {
      result[d] = d == first ? linear : linear % int32_t(to[d]);
      linear = linear / int32_t(to[d]);
    }
  }
  return result;
}

/// An element of a list of numbers that is stored beside the kernel's code. Halide reads such a list with aligned
/// vector loads although it aligns the list to 32 bytes only. Adding a 0 that is itself read makes the position unknown
/// to Halide, and so the loads unaligned.
template <class T, class From> Halide::Expr lookUp(ArrayRef<From> list, const Halide::Expr &at) {
  Halide::Buffer<T> buffer(int(list.size()));
  for (int i = 0; i < int(list.size()); ++i)
    buffer(i) = T(list[size_t(i)]);
  Halide::Buffer<uint8_t> zero(1);
  zero(0) = 0;
  return buffer(
      Halide::unsafe_promise_clamped(at + Halide::cast<int32_t>(zero(Halide::Expr(0))), 0, int(list.size()) - 1));
}

} // namespace

Halide::Type halideType(Type element) {
  if (element.isF32())
    return Halide::Float(32);
  if (element.isF64())
    return Halide::Float(64);
  return Halide::UInt(element.getIntOrFloatBitWidth());
}

std::vector<Halide::Expr> reversed(const Index &index) { return {index.rbegin(), index.rend()}; }
std::vector<Halide::Var> reversed(const std::vector<Halide::Var> &index) { return {index.rbegin(), index.rend()}; }

Evaluator::Evaluator(KernelOp kernel, const std::vector<Halide::ImageParam> &inputs) {
  for (auto [argument, input] : llvm::zip_equal(kernel.getBody().getArguments(), inputs))
    define(argument, [input = input](const Index &index) { return input(reversed(index)); });
}

Halide::Expr Evaluator::at(Value value, const Index &index) {
  std::vector<const void *> addresses;
  for (const Halide::Expr &e : index)
    addresses.push_back(e.get());
  auto key = std::pair(value.getAsOpaquePointer(), addresses);
  if (auto it = known.find(key); it != known.end())
    return it->second;
  auto defined = definitions.find(value.getAsOpaquePointer());
  Halide::Expr result = defined != definitions.end() ? defined->second(index) : evaluate(value.getDefiningOp(), index);
  keep.insert(keep.end(), index.begin(), index.end());
  return known[key] = result;
}

Halide::Expr Evaluator::evaluate(Operation *op, const Index &index) {
  if (isIndexing(op))
    return indexing(op, index);
  ensure(isElementwise(op), "anchors are defined by their templates");
  SmallVector<HScalar> operands;
  for (Value v : op->getOperands())
    operands.emplace_back(at(v, index));
  return elementwise(op, operands);
}

Halide::Expr Evaluator::indexing(Operation *op, const Index &index) {
  Halide::Type type = halideType(tensorOf(op->getResult(0)).getElementType());
  if (auto constant = dyn_cast<ConstantOp>(op))
    return Halide::Internal::make_const(type, constant.getValue().convertToDouble());
  if (isa<StopOp, VariableOp, OwnOp>(op))
    return at(op->getOperand(0), index);
  if (isa<CastOp>(op))
    return Halide::cast(type, at(op->getOperand(0), index));
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    Index inner;
    for (int64_t d : broadcast.getDims())
      inner.push_back(index[d]);
    return at(broadcast.getX(), inner);
  }
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    Index inner(index.size());
    for (auto [i, d] : llvm::enumerate(transpose.getPerm()))
      inner[d] = index[i];
    return at(transpose.getX(), inner);
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return at(reshape.getX(), reshapedIndex(index, tensorOf(reshape).getShape(), tensorOf(reshape.getX()).getShape()));
  if (auto slice = dyn_cast<SliceOp>(op)) {
    Index inner;
    for (auto [e, offset] : llvm::zip_equal(index, slice.getOffsets()))
      inner.push_back(offset ? e + int32_t(offset) : e);
    return at(slice.getX(), inner);
  }
  if (auto pad = dyn_cast<PadOp>(op)) {
    Index inner;
    Halide::Expr inside = Halide::Internal::const_true();
    for (size_t d = 0; d < index.size(); ++d) {
      int32_t offset = pad.getOffsets()[d], size = tensorOf(pad.getX()).getDimSize(d),
              whole = tensorOf(pad).getDimSize(d);
      if (size == whole) {
        inner.push_back(index[d]);
        continue;
      }
      inside = inside && index[d] >= offset && index[d] < offset + size;
      inner.push_back(Halide::clamp(index[d] - offset, 0, size - 1));
    }
    return Halide::select(inside, at(pad.getX(), inner), Halide::Internal::make_zero(type));
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    int64_t dim = concat.getDim(), begin = 0;
    Halide::Expr result;
    for (Value part : concat.getParts()) {
      int32_t size = tensorOf(part).getDimSize(dim);
      Index inner = index;
      inner[dim] = Halide::clamp(index[dim] - int32_t(begin), 0, size - 1);
      Halide::Expr v = at(part, inner);
      result = result.defined() ? Halide::select(index[dim] >= int32_t(begin), v, result) : v;
      begin += size;
    }
    return result;
  }
  if (auto take = dyn_cast<TakeOp>(op)) {
    int64_t dim = take.getDim();
    Halide::Expr from = lookUp<int32_t>(take.getIndices(), index[dim]);
    Index inner = index;
    inner[dim] = Halide::clamp(from, 0, int32_t(tensorOf(take.getX()).getDimSize(dim)) - 1);
    Halide::Expr v = at(take.getX(), inner);
    return llvm::is_contained(take.getIndices(), -1)
               ? Halide::select(from >= 0, v, Halide::Internal::make_const(type, take.getFill().convertToDouble()))
               : v;
  }
  if (auto table = dyn_cast<TableOp>(op))
    return Halide::cast(type, lookUp<float>(table.getValues(), index[0]));
  auto hot = cast<OneHotOp>(op);
  Index inner;
  Halide::Expr position = 0;
  for (auto [d, e] : llvm::enumerate(index))
    if (llvm::is_contained(hot.getDims(), int64_t(d)))
      position = position * int32_t(tensorOf(hot).getDimSize(d)) + e;
    else
      inner.push_back(e);
  Halide::Expr chosen = at(hot.getIndex(), inner);
  return Halide::select(ieee::equal(chosen, Halide::cast(chosen.type(), position)), Halide::Internal::make_one(type),
                        Halide::Internal::make_zero(type));
}

} // namespace gan
