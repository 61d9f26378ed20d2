#include "compiler/import/Pairs.h"

#include <cmath>

using namespace mlir;

namespace gan {
namespace {

/// A value of each sample as a matrix, (batch, numbers of a sample).
Value matrix(OpMaker &ops, Value v) { return ops.reshape(v, {ops.batch, tensorOf(v).getNumElements() / ops.batch}); }

/// A matrix for all pairs: of the sample that asks (`dim` 0) or of the one that is asked (1).
Value paired(OpMaker &ops, Value v, int64_t dim) {
  return ops.broadcast(v, ops.batched({ops.batch, tensorOf(v).getDimSize(1)}), {dim, 2});
}

/// log 1/n sum exp(v) over dimension 1, whose size is n. The largest is taken off first, so that nothing overflows.
Value logMean(OpMaker &ops, Value v) {
  Tensor type = tensorOf(v);
  SmallVector<int64_t> rest{0};
  for (int64_t d = 2; d < type.getRank(); ++d)
    rest.push_back(d);
  Value largest = ops.maximum(v, {1});
  largest = StopOp::create(ops.b, ops.loc, largest.getType(), largest); // it cancels in the derivative
  Value sum = ops.sum(ops.unary<ExpOp>(ops.sub(v, ops.broadcast(largest, type, rest))), {1});
  return ops.add(ops.add(ops.unary<LogOp>(sum), largest), ops.like(largest, -std::log(double(type.getDimSize(1)))));
}

} // namespace

Value pairwise(OpMaker &ops, Value a, Value b) {
  return MatMulOp::create(ops.b, ops.loc, ops.batched({ops.batch}), matrix(ops, a), matrix(ops, b), false, true);
}

Value distances(OpMaker &ops, Value a, Value b) {
  Value gap = ops.sub(paired(ops, matrix(ops, a), 0), paired(ops, matrix(ops, b), 1));
  return ops.sum(ops.unary<SquareOp>(gap), {2});
}

Value logMixture(OpMaker &ops, Densities &densities, const Distribution &q, Value v, bool each) {
  Distribution all = q;
  all.first = paired(ops, matrix(ops, q.first), 1);
  if (q.second)
    all.second = paired(ops, matrix(ops, q.second), 1);
  Value density = densities.logProbEach(all, paired(ops, matrix(ops, v), 0));
  return each ? ops.reshape(logMean(ops, density), tensorOf(v).getShape()) : logMean(ops, ops.sum(density, {2}));
}

/// The k-th sample takes the element of the sample whose number is the rank of its noise. Equal noise is ranked by the
/// number of the sample, so that this is a permutation.
Value shuffled(OpMaker &ops, Value v, Value noise) {
  Value own = matrix(ops, v), order = matrix(ops, noise);
  Tensor pairs = ops.batched({ops.batch, tensorOf(own).getDimSize(1)});
  SmallVector<double> numbers;
  for (int64_t i = 0; i < ops.batch; ++i)
    numbers.push_back(double(i));
  Value count = TableOp::create(ops.b, ops.loc, ops.f32({ops.batch}), numbers);
  Value mine = paired(ops, order, 0), theirs = paired(ops, order, 1);
  Value later = ops.binary<GtOp>(ops.broadcast(count, pairs, {0}), ops.broadcast(count, pairs, {1}));
  Value before = ops.add(ops.binary<GtOp>(mine, theirs), ops.mul(ops.binary<EqOp>(mine, theirs), later));
  Value rank = ops.sum(before, {1});
  Value taken = ops.binary<EqOp>(ops.broadcast(rank, pairs, {0, 2}), ops.broadcast(count, pairs, {1}));
  return ops.reshape(ops.sum(ops.mul(taken, paired(ops, own, 1)), {1}), tensorOf(v).getShape());
}

} // namespace gan
