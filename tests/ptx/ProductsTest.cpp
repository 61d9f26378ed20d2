// Whole kernels: a tiled matrix product written by hand, one that Halide made, and the matrix unit, all compared with
// sums in double precision.
#include "tests/TextFile.h"
#include "tests/ptx/Evaluate.h"

#include <fstream>
#include <random>
#include <sstream>

namespace ptx::test {
namespace {

std::vector<float> randomNumbers(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float &x : numbers)
    x = normal(random);
  return numbers;
}
Buffer bufferOf(std::vector<float> &v) { return {reinterpret_cast<uint8_t *>(v.data()), v.size() * sizeof(float)}; }
uint64_t addressOf(const std::vector<float> &v) { return uint64_t(uintptr_t(v.data())); }

/// c (m, n) = a (m, k) b (k, n): blocks of 8 x 8 threads, one result each, tiles of 8 x 8 of both operands in shared
/// memory, zeros outside. The marks allow tests to take a barrier away.
const std::string tiled = header() + R"(
.visible .entry product(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 m, .param .u32 n, .param .u32 k)
.maxntid 8, 8, 1
{
  .shared .align 4 .b8 as[256];
  .shared .align 4 .b8 bs[256];
  .reg .pred %inside, %p, %q;
  .reg .b32 %m, %n, %k, %x, %y, %row, %column, %begin, %at, %mine, %i, %readA, %readB, %sum, %va, %vb, %tmp;
  .reg .b64 %a, %b, %c, %place;
  ld.param.u64 %a, [a]; ld.param.u64 %b, [b]; ld.param.u64 %c, [c];
  ld.param.u32 %m, [m]; ld.param.u32 %n, [n]; ld.param.u32 %k, [k];
  mov.u32 %x, %tid.x; mov.u32 %y, %tid.y;
  mov.u32 %row, %ctaid.y; mad.lo.u32 %row, %row, 8, %y;
  mov.u32 %column, %ctaid.x; mad.lo.u32 %column, %column, 8, %x;
  mad.lo.u32 %mine, %y, 8, %x; shl.b32 %mine, %mine, 2;
  mov.f32 %sum, 0f00000000;
  mov.b32 %begin, 0;
$tile:
  add.u32 %at, %begin, %x;
  setp.lt.u32 %p, %row, %m; setp.lt.and.u32 %p, %at, %k, %p;
  mad.lo.u32 %tmp, %row, %k, %at; mad.wide.u32 %place, %tmp, 4, %a;
  mov.f32 %va, 0f00000000; @%p ld.global.nc.f32 %va, [%place];
  add.u32 %at, %begin, %y;
  setp.lt.u32 %p, %at, %k; setp.lt.and.u32 %p, %column, %n, %p;
  mad.lo.u32 %tmp, %at, %n, %column; mad.wide.u32 %place, %tmp, 4, %b;
  mov.f32 %vb, 0f00000000; @%p ld.global.nc.f32 %vb, [%place];
  st.shared.f32 [%mine], %va; mov.u32 %tmp, bs; add.u32 %tmp, %tmp, %mine; st.shared.f32 [%tmp], %vb;
  bar.sync 0; // stored
  mov.b32 %i, 0;
  shl.b32 %readA, %y, 5;
  mov.u32 %readB, bs; mad.lo.u32 %readB, %x, 4, %readB;
$term:
  ld.shared.f32 %va, [%readA]; ld.shared.f32 %vb, [%readB];
  fma.rn.f32 %sum, %va, %vb, %sum;
  add.u32 %readA, %readA, 4; add.u32 %readB, %readB, 32; add.u32 %i, %i, 1;
  setp.lt.u32 %q, %i, 8; @%q bra $term;
  bar.sync 0; // read
  add.u32 %begin, %begin, 8;
  setp.lt.u32 %q, %begin, %k; @%q bra.uni $tile;
  setp.lt.u32 %p, %row, %m; setp.lt.and.u32 %p, %column, %n, %p;
  mad.lo.u32 %tmp, %row, %n, %column; mad.wide.u32 %place, %tmp, 4, %c;
  @%p st.global.f32 [%place], %sum;
  ret;
}
)";

struct Product {
  Product(int rows, int columns, int depth)
      : m(rows), n(columns), k(depth), a(randomNumbers(size_t(m * k), 1)), b(randomNumbers(size_t(k * n), 2)),
        c(size_t(m * n), notANumber) {}
  Counts operator()(const std::string &text) {
    Launch launch;
    launch.grid = {(n + 7) / 8, (m + 7) / 8, 1};
    launch.block = {8, 8, 1};
    launch.arguments = {addressOf(a), addressOf(b), addressOf(c), uint64_t(m), uint64_t(n), uint64_t(k)};
    launch.memory = {bufferOf(a), bufferOf(b), bufferOf(c)};
    return run(parse(text), "product", launch);
  }
  double expected(int i, int j) const {
    double sum = 0;
    for (int l = 0; l < k; ++l)
      sum += double(a[size_t(i * k + l)]) * double(b[size_t(l * n + j)]);
    return sum;
  }
  int m, n, k;
  std::vector<float> a, b, c;
};

TEST(Products, TiledAtOddSizes) {
  for (auto [m, n, k] : {std::array{8, 8, 8}, {1, 1, 1}, {13, 9, 21}, {7, 30, 5}}) {
    Product product(m, n, k);
    Counts counts = product(tiled);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j)
        ASSERT_NEAR(product.c[size_t(i * n + j)], product.expected(i, j), 1e-5) << m << " " << n << " " << k;
    uint64_t blocks = uint64_t((m + 7) / 8 * ((n + 7) / 8)), tiles = uint64_t((k + 7) / 8);
    EXPECT_EQ(counts.barriers, 2 * blocks * tiles);
    EXPECT_EQ(counts.fma, 8 * 2 * blocks * tiles);
  }
}

TEST(Products, EachBarrierIsNeeded) {
  auto without = [&](const std::string &mark) {
    std::string text = tiled, barrier = "bar.sync 0; // " + mark;
    text.replace(text.find(barrier), barrier.size(), "");
    try {
      Product(16, 16, 16)(text);
    } catch (const Fault &f) {
      return f.reason;
    }
    return std::string("fine");
  };
  EXPECT_EQ(without("stored"), "race: reads what another thread wrote since the last barrier");
  EXPECT_EQ(without("read"), "race: overwrites what another thread read since the last barrier");
}

/// leaky(sum_k relu(a (m, k)) b (n, k) + bias (n)) for 64 of each, by Halide 21: register tiles of plain multiply-adds.
TEST(Products, OfHalide) {
  const std::string text = gan::test::readText(SOURCE_FOLDER "/tests/ptx/kernels/gemm_simt_64.ptx");
  const int size = 64;
  std::vector<float> a = randomNumbers(size * size, 1), b = randomNumbers(size * size, 2),
                     bias = randomNumbers(size, 3), out(size * size, notANumber);
  Launch launch;
  launch.block = {8, 8, 1};
  launch.sharedBytes = 4352;
  launch.arguments = {addressOf(a), addressOf(b), addressOf(bias), addressOf(out)};
  launch.memory = {bufferOf(a), bufferOf(b), bufferOf(bias), bufferOf(out)};
  Module module = parse(text);
  ASSERT_EQ(module.kernels.size(), 1u);
  Counts counts = run(module, module.kernels.begin()->first, launch);
  std::vector<float> watched = out;
  launch.globalRaces = launch.sharedRaces = false;
  EXPECT_EQ(run(module, module.kernels.begin()->first, launch), counts);
  EXPECT_EQ(out, watched);
  double error = 0, length = 0;
  for (int m = 0; m < size; ++m)
    for (int n = 0; n < size; ++n) {
      double sum = double(bias[size_t(n)]);
      for (int k = 0; k < size; ++k)
        sum += double(std::max(a[size_t(m * size + k)], 0.0f)) * double(b[size_t(n * size + k)]);
      double expected = sum > 0 ? sum : 0.2 * sum, difference = double(out[size_t(m * size + n)]) - expected;
      error += difference * difference, length += expected * expected;
    }
  EXPECT_LT(std::sqrt(error / length), 3e-7);
  EXPECT_EQ(counts.fma, uint64_t(size * size * size / 32));
  EXPECT_EQ(counts.localAccesses, 0u);
}

uint32_t halves(uint32_t low, uint32_t high) { return low | high << 16; }

/// An element of the 16 x 8 result of mma, from registers d0 to d3 of its lanes.
TEST(Products, OfTheMatrixUnit) {
  // a(i, k) = i + k / 4, b(k, j) = k - j, c(i, j) = 100 j: exact in bf16, f16 and tf32.
  auto a = [](int i, int k) { return float(i) + float(k) / 4; };
  auto b = [](int k, int j) { return float(k - j); };
  auto bf16 = [](float x) { return uint32_t(bits(x) >> 16); };
  auto f16 = [](float x) { // whole quarters below 2048
    if (x == 0)
      return 0u;
    int exponent = std::ilogb(x);
    return uint32_t(x < 0 ? 0x8000 : 0) | uint32_t(exponent + 15) << 10 |
           uint32_t((std::fabs(x) / std::ldexp(1.0f, exponent) - 1) * 1024);
  };
  for (std::string kind : {"bf16", "f16", "tf32"}) {
    int depth = kind == "tf32" ? 8 : 16;
    std::vector<uint32_t> words(32 * 10), out(32 * 4);
    for (int lane = 0; lane < 32; ++lane) {
      int g = lane / 4, q = lane % 4;
      uint32_t *w = &words[size_t(lane * 10)];
      auto pair = [&](auto f) {
        return kind == "bf16" ? halves(bf16(f(0)), bf16(f(1))) : halves(f16(f(0)), f16(f(1)));
      };
      for (int r = 0; r < 4; ++r) {
        int row = g + 8 * (r % 2);
        w[r] = kind == "tf32" ? uint32_t(bits(a(row, q + r / 2 * 4)))
                              : pair([&](int e) { return a(row, 2 * q + e + r / 2 * 8); });
        w[6 + r] = uint32_t(bits(100.0f * float(2 * q + r % 2)));
      }
      for (int r = 0; r < 2; ++r)
        w[4 + r] =
            kind == "tf32" ? uint32_t(bits(b(q + 4 * r, g))) : pair([&](int e) { return b(2 * q + e + 8 * r, g); });
    }
    std::string shape = kind == "tf32" ? "m16n8k8" : "m16n8k16";
    std::string text = header() + R"(.entry k(.param .u64 in, .param .u64 out) {
      .reg .b32 %r<16>, %t; .reg .b64 %from, %to;
      ld.param.u64 %from, [in]; ld.param.u64 %to, [out]; mov.u32 %t, %tid.x;
      mad.wide.u32 %from, %t, 40, %from; mad.wide.u32 %to, %t, 16, %to;
)";
    for (int r = 0; r < 10; ++r)
      text += "ld.global.b32 %r" + std::to_string(r) + ", [%from+" + std::to_string(4 * r) + "];\n";
    text += "mma.sync.aligned." + shape + ".row.col.f32." + kind + "." + kind +
            ".f32 {%r10, %r11, %r12, %r13}, {%r0, %r1, %r2, %r3}, "
            "{%r4, %r5}, {%r6, %r7, %r8, %r9};\n"
            "st.global.b32 [%to], %r10; st.global.b32 [%to+4], %r11; st.global.b32 [%to+8], %r12; st.global.b32 "
            "[%to+12], %r13; ret; }";
    Launch launch;
    launch.block = {32, 1, 1};
    launch.arguments = {uint64_t(uintptr_t(words.data())), uint64_t(uintptr_t(out.data()))};
    launch.memory = {{reinterpret_cast<uint8_t *>(words.data()), words.size() * 4},
                     {reinterpret_cast<uint8_t *>(out.data()), out.size() * 4}};
    EXPECT_EQ(run(parse(text), "k", launch).mma, 1u);
    for (int i = 0; i < 16; ++i)
      for (int j = 0; j < 8; ++j) {
        float expected = 100.0f * float(j);
        for (int k = 0; k < depth; ++k)
          expected += a(i, k) * b(k, j);
        size_t lane = size_t(i % 8 * 4 + j / 2), r = size_t(i / 8 * 2 + j % 2);
        EXPECT_EQ(std::bit_cast<float>(out[lane * 4 + r]), expected) << kind << " " << i << " " << j;
      }
  }
}

/// Results are cut, not rounded: 1 + 2^-8 times 1 - 2^-8 and a sum that needs more bits than there are.
TEST(Products, MatrixUnitCutsItsSums) {
  std::string zeros = "mov.b32 %u0, 0; mov.b32 %u1, %a; mov.b32 %u2, %b;\n";
  auto results = evaluate(zeros + R"(
    setp.ge.u32 %p, %lane, 4; @%p mov.b32 %u1, 0;
    mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 
      {%d, %u5, %u6, %u7}, {%u1, %u0, %u0, %u0}, {%u2, %u0}, {%c, %c, %c, %c};)",
                          std::vector<Operands3>(32, {bits(0x1p-13f) >> 16, bits(0x1.8p-13f) >> 16, bits(1.0f)}));
  // Four products of 1.5 * 2^-26 add up to 1.5 * 2^-24, three quarters of an ulp of 1: rounded it would be the next
  // one.
  EXPECT_EQ(std::bit_cast<float>(results[0].d), 1.0f);
}

} // namespace
} // namespace ptx::test
