// Transposition of a block in registers. A kernel that needs neighbours along one axis, where memory has neighbours
// along another, would read or write numbers one by one. Instead whole vectors are read as they lie, and rounds of
// perfect shuffles turn them into the vectors that are needed.
#pragma once

#include "Halide.h"

#include <functional>
#include <vector>

namespace gan {

/// A block of `width` columns and `depth` places along k, both powers of two. Vectors along k are read; the block's
/// numbers come out with the columns innermost: number f = k * width + column.
class TransposedBlock {
public:
  /// read(column, k) is a number of the block; it may depend on `others`, the variables that tell blocks apart.
  TransposedBlock(int32_t width, int32_t depth, const std::vector<Halide::Var> &others,
                  const std::function<Halide::Expr(Halide::Expr column, Halide::Expr k)> &read);

  /// Number `f` of the block that `others` denote.
  Halide::Expr at(const Halide::Expr &f, const std::vector<Halide::Expr> &others) const;
  int32_t size() const { return width * depth; }

  /// Makes one block at a time, at the loop `where`.
  void computeAt(const Halide::LoopLevel &where);
  /// Makes `f` block by block, of which `column` and `k` are the variables along the two sides of a square block.
  void scheduleInto(Halide::Func f, const Halide::Var &column, const Halide::Var &k);

private:
  Halide::Expr after(size_t rounds, const Halide::Expr &f, std::vector<Halide::Expr> others) const;

  int32_t width, depth;
  Halide::Var x{"x"}, j{"j"}; ///< place in a vector; vector
  Halide::Func vectors{"vectors"};
  std::vector<Halide::Func> rounds;
};

/// Whether a block with these sizes can be transposed.
bool canTranspose(int64_t width, int64_t depth);

} // namespace gan
