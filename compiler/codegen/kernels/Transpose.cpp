// A perfect shuffle of n vectors takes elements in turn from vector j and from vector j + n/2. In the binary number of
// an element's place, whose high bits are the vector and whose low bits are the lane, it moves the highest bit to the
// lowest place. After log2(width) shuffles the bits of the column have become the lowest: the block is transposed.
#include "compiler/codegen/kernels/Transpose.h"

namespace gan {

using Halide::Expr;

bool canTranspose(int64_t width, int64_t depth) {
  auto power = [](int64_t n) { return n > 0 && (n & (n - 1)) == 0; };
  return power(width) && power(depth) && width >= 4 && width <= depth;
}

TransposedBlock::TransposedBlock(int32_t width, int32_t depth, const std::vector<Halide::Var> &others,
                                 const std::function<Expr(Expr, Expr)> &read)
    : width(width), depth(depth) {
  std::vector<Expr> same(others.begin(), others.end());
  auto arguments = [&] {
    std::vector<Halide::Var> all{x, j};
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }();
  vectors(arguments) = read(j, x);
  for (int32_t columns = 1; columns < width; columns *= 2) {
    // Two vectors at once, so that the shuffle is one interleaving: j counts pairs.
    Halide::Func round("shuffled" + std::to_string(rounds.size()));
    auto from = [&](const Expr &vector) { return after(rounds.size(), vector * depth + x / 2, same); };
    round(arguments) = Halide::select(x % 2 == 0, from(j), from(j + width / 2));
    rounds.push_back(round);
  }
}

Expr TransposedBlock::after(size_t count, const Expr &f, std::vector<Expr> others) const {
  int32_t lanes = count ? 2 * depth : depth;
  others.insert(others.begin(), {f % lanes, f / lanes});
  return count ? rounds[count - 1](others) : vectors(others);
}

Expr TransposedBlock::at(const Expr &f, const std::vector<Expr> &others) const {
  return after(rounds.size(), f, others);
}

void TransposedBlock::computeAt(const Halide::LoopLevel &where) {
  vectors.compute_at(where).store_in(Halide::MemoryType::Register);
  vectors.bound_extent(x, depth).bound_extent(j, width).vectorize(x).unroll(j);
  for (Halide::Func &f : rounds) {
    f.compute_at(where).store_in(Halide::MemoryType::Register);
    f.bound_extent(x, 2 * depth).bound_extent(j, width / 2).vectorize(x).unroll(j);
  }
}

void TransposedBlock::scheduleInto(Halide::Func f, const Halide::Var &column, const Halide::Var &k) {
  Halide::Var co("co"), ci("ci"), ko("ko"), ki("ki");
  f.align_bounds(column, width).align_bounds(k, depth);
  f.tile(column, k, co, ko, ci, ki, width, depth, Halide::TailStrategy::RoundUp).vectorize(ci).unroll(ki);
  computeAt({f, co});
}

} // namespace gan
