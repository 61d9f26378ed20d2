// The matrix unit (tensor core): mma.sync multiplies a 16 x K by a K x 8 matrix and adds a 16 x 8 one, spread over the
// registers of a warp. K is 16 for bf16 and f16, 8 for tf32. Products are exact and so, here, is their sum; the result
// is cut to fp32 and not rounded, as the hardware does.
#include "compiler/ptx/Handlers.h"
#include "compiler/ptx/SmallFloats.h"

namespace ptx {
namespace {

/// To fp32 towards zero.
float cutSlowly(double x) {
  float rounded = float(x);
  return double(std::fabs(rounded)) > std::fabs(x) ? std::nextafter(rounded, 0.0f) : rounded;
}

/// A row of eight. The fraction's 29 lowest bits do not fit, and that is all unless a number is too large or small.
void cutRow(const double *x, float *result) {
  bool simple = true;
  for (int k = 0; k < 8; ++k) {
    double size = std::fabs(x[k]);
    simple &= (size >= 0x1p-126 && size < 0x1p128) || size == 0;
  }
  for (int k = 0; k < 8; ++k)
    result[k] =
        simple ? float(std::bit_cast<double>(std::bit_cast<uint64_t>(x[k]) & ~uint64_t(0x1fffffff))) : cutSlowly(x[k]);
}

struct alignas(32) Matrices {
  double a[16][16], b[16][8], sum[16][8];
};

using FourDoubles = double __attribute__((vector_size(32), aligned(32)));

/// sum += a b, the terms of a sum one after the other along k; two rows at a time, so that there are enough additions
/// that do not wait for each other.
inline __attribute__((always_inline)) void addProduct(Matrices &m, int depth) {
  for (int row = 0; row < 16; row += 2) {
    auto *sum = reinterpret_cast<FourDoubles *>(m.sum[row]);
    FourDoubles s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3];
    for (int k = 0; k < depth; ++k) {
      const auto *b = reinterpret_cast<const FourDoubles *>(m.b[k]);
      double first = m.a[row][k], second = m.a[row + 1][k];
      s0 += first * b[0], s1 += first * b[1];
      s2 += second * b[0], s3 += second * b[1];
    }
    sum[0] = s0, sum[1] = s1, sum[2] = s2, sum[3] = s3;
  }
}
#ifdef __x86_64__
__attribute__((target("avx2,fma"))) void addProductNative(Matrices &m, int depth) { addProduct(m, depth); }
#endif

void product(Matrices &m, int depth) {
#ifdef __x86_64__
  static const bool native = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (native)
    return addProductNative(m, depth);
#endif
  addProduct(m, depth);
}

/// A register holds two elements of 16 bits, neighbours along k; a warp's lane (g, q) = (lane / 4, lane % 4) holds rows
/// g and g + 8 of the 16, column g of the 8.
template <float element(uint16_t)> void gatherHalves(Warp &warp, const Instruction &i, Matrices &m) {
  for (size_t r = 0; r < 6; ++r) {
    const uint32_t *words = warp.row<uint32_t>(i.src[r]);
    for (int lane = 0; lane < warpLanes; ++lane) {
      int g = lane / 4, q = lane % 4;
      double low = double(element(uint16_t(words[lane]))), high = double(element(uint16_t(words[lane] >> 16)));
      if (r < 4) {
        double *to = &m.a[g + 8 * int(r & 1)][2 * q + 8 * int(r >> 1)];
        to[0] = low, to[1] = high;
      } else {
        int k = 2 * q + 8 * int(r - 4);
        m.b[k][g] = low, m.b[k + 1][g] = high;
      }
    }
  }
}

/// Or one element of tf32.
void gatherWords(Warp &warp, const Instruction &i, Matrices &m) {
  for (size_t r = 0; r < 6; ++r) {
    const uint32_t *words = warp.row<uint32_t>(i.src[r]);
    for (int lane = 0; lane < warpLanes; ++lane) {
      int g = lane / 4, q = lane % 4;
      double x = double(fromTf32(words[lane]));
      if (r < 4)
        m.a[g + 8 * int(r & 1)][q + 4 * int(r >> 1)] = x;
      else
        m.b[q + 4 * int(r - 4)][g] = x;
    }
  }
}

template <int depth, class Gather> void multiply(Warp &warp, const Instruction &i) {
  if (warp.active != allLanes)
    warp.fault(std::countr_zero(warp.active), "reached by part of a warp: mma wants all 32 lanes");
  Matrices m;
  Gather{}(warp, i, m);
  for (size_t r = 0; r < 4; ++r) {
    const uint32_t *words = warp.row<uint32_t>(i.src[6 + r]);
    for (int lane = 0; lane < warpLanes; ++lane)
      m.sum[lane / 4 + 8 * int(r >> 1)][2 * (lane % 4) + int(r & 1)] = double(std::bit_cast<float>(words[lane]));
  }
  product(m, depth);
  float result[16][8];
  for (int row = 0; row < 16; ++row)
    cutRow(m.sum[row], result[row]);
  for (size_t r = 0; r < 4; ++r) {
    uint32_t *words = warp.row<uint32_t>(i.dst[r]);
    for (int lane = 0; lane < warpLanes; ++lane)
      words[lane] = std::bit_cast<uint32_t>(result[lane / 4 + 8 * int(r >> 1)][2 * (lane % 4) + int(r & 1)]);
  }
}

template <int depth, class Gather> void add(Handlers &table, const std::string &name, Gather) {
  table["mma." + name] = &multiply<depth, Gather>;
}

} // namespace

void addMatrixUnit(Handlers &table) {
  add<16>(table, "m16n8k16.row.col.f32.bf16.bf16.f32",
          [](Warp &w, const Instruction &i, Matrices &m) { gatherHalves<fromBf16>(w, i, m); });
  add<16>(table, "m16n8k16.row.col.f32.f16.f16.f32",
          [](Warp &w, const Instruction &i, Matrices &m) { gatherHalves<fromF16>(w, i, m); });
  add<8>(table, "m16n8k8.row.col.f32.tf32.tf32.f32",
         [](Warp &w, const Instruction &i, Matrices &m) { gatherWords(w, i, m); });
}

} // namespace ptx
