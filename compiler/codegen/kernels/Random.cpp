// Random draws by Philox 4x32-10 (Salmon et al. 2011). It is counter-based, so an element's number depends only on its
// index and the key. Sixteen neighbours are the same word of sixteen consecutive counters, which vectorises on every
// target.
#include "compiler/codegen/kernels/Kernels.h"

#include <numbers>

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

/// The four words that belong to one counter.
std::array<Expr, 4> philox(std::array<Expr, 4> x, Expr k0, Expr k1) {
  auto constant = [](uint32_t v) { return Halide::Internal::make_const(Halide::UInt(32), v); };
  for (int round = 0; round < 10; ++round) {
    auto wide = [](const Expr &a, uint32_t b) {
      return Halide::cast<uint64_t>(a) * Halide::Internal::make_const(Halide::UInt(64), b);
    };
    auto high = [](const Expr &p) { return Halide::cast<uint32_t>(p >> 32); };
    auto low = [](const Expr &p) { return Halide::cast<uint32_t>(p); };
    Expr p0 = wide(x[0], 0xD2511F53u), p1 = wide(x[2], 0xCD9E8D57u);
    x = {high(p1) ^ x[1] ^ k0, low(p1), high(p0) ^ x[3] ^ k1, low(p0)};
    k0 = k0 + constant(0x9E3779B9u);
    k1 = k1 + constant(0xBB67AE85u);
  }
  return x;
}

Expr unit(const Expr &word) { return Halide::cast<float>(word >> 8) * 0x1p-24f; }

/// sin and cos of 2 pi u for u in [0, 1), by quadrant and Taylor polynomials on [-pi/4, pi/4]; the error is below 1e-7.
std::pair<Expr, Expr> sincos(const Expr &u) {
  Expr quadrant = Halide::floor(u * 4.0f + 0.5f);
  Expr t = (u - quadrant * 0.25f) * float(2 * std::numbers::pi), q = t * t;
  Expr s = t * (1.0f + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
  Expr c = 1.0f + q * (-0.5f + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320 + q * (-1.0f / 3628800)))));
  Expr which = Halide::cast<int>(quadrant) & 3;
  Expr swapped = (which & 1) == 1;
  Expr sine = Halide::select(swapped, c, s), cosine = Halide::select(swapped, s, c);
  return {Halide::select(which >= 2, -sine, sine), Halide::select(which == 1 || which == 2, -cosine, cosine)};
}

/// The normal number for word `word` (a constant): Box-Muller over the pair of words that it belongs to.
Expr normal(const std::array<Expr, 4> &x, int word) {
  Expr u0 = Halide::cast<float>((x[word & 2] >> 8) + Halide::Internal::make_const(Halide::UInt(32), 1)) * 0x1p-24f;
  Expr r = Halide::sqrt(-2.0f * Halide::log(u0));
  auto [s, c] = sincos(unit(x[(word & 2) + 1]));
  return r * ((word & 1) ? s : c);
}

} // namespace

MapStages buildDraw(KernelOp kernel, Evaluator &evaluator) {
  auto draw = cast<DrawOp>(anchorOperation(kernel));
  Tensor type = tensorOf(draw.getResult());
  bool categorical = draw.getKind() == DrawKind::Categorical;
  int64_t classes = categorical ? type.getShape().back() : 1;
  auto word = [&](int i) { return evaluator.at(draw.getRng(), {Expr(i)}); };

  // Elements are numbered in row-major order; for categorical draws, samples are numbered instead. A collapsed kernel
  // has one dimension. Those of a rank begin behind those of the ranks before it: whole tiles of 64 further on, and
  // where a rank has no whole number of tiles, also some elements further.
  MapStages stages;
  int64_t numbers = type.getNumElements() / classes;
  auto tiles = [](int64_t n) { return Halide::Internal::make_const(Halide::UInt(64), n); };
  Expr before = draw.getShared() ? Halide::cast<uint64_t>(word(5)) * tiles(numbers) : Expr();
  Expr firstTile = before.defined() ? Halide::cast<uint32_t>(before / tiles(64)) : Expr();
  Expr shift = before.defined() && numbers % 64 ? Halide::cast<int>(before % tiles(64)) : Expr(0);
  auto numberOf = [&](const Expr &i, int w) {
    Expr counter = Halide::cast<uint32_t>((i / 64) * 16 + i % 16);
    if (firstTile.defined())
      counter = counter + firstTile * Halide::Internal::make_const(Halide::UInt(32), 16);
    std::array<Expr, 4> words = philox({counter, word(2), word(3), word(4)}, word(0), word(1));
    return draw.getKind() == DrawKind::Normal ? normal(words, w) : unit(words[w]);
  };
  auto element = [&](Expr i) {
    i = i + shift;
    Expr w = (i / 16) % 4, v = numberOf(i, 3);
    for (int k = 2; k >= 0; --k)
      v = Halide::select(w == k, numberOf(i, k), v);
    return v;
  };
  std::vector<Halide::Var> outer;
  for (int64_t d = 0; d < type.getRank(); ++d)
    outer.emplace_back("i" + std::to_string(d));
  stages.vars = reversed(outer);
  for (int64_t size : llvm::reverse(type.getShape()))
    stages.extents.push_back(size);
  Expr linear = 0;
  for (int64_t d = 0; d < type.getRank() - (categorical ? 1 : 0); ++d)
    linear = linear * int32_t(type.getDimSize(d)) + outer[d];
  Expr u = element(linear), result;
  if (draw.getKind() == DrawKind::Normal)
    result = u;
  else if (draw.getKind() == DrawKind::Uniform)
    result = float(draw.getLo().convertToDouble()) +
             float(draw.getHi().convertToDouble() - draw.getLo().convertToDouble()) * u;
  else if (draw.getKind() == DrawKind::Mask)
    result = Halide::cast<uint8_t>(u < Halide::cast<float>(evaluator.at(draw.getKeep(), {})));
  else
    result = Halide::select(Halide::cast<int>(u * float(classes)) == outer.back(), 1.0f, 0.0f);
  stages.out(stages.vars) = result;
  return stages;
}

} // namespace gan
