// Floating point instructions: rounding, denormal numbers, what is not a number.
#include "tests/ptx/Evaluate.h"

#include <cmath>

namespace ptx::test {
namespace {

constexpr float ulp = std::numeric_limits<float>::epsilon();
constexpr uint64_t nan32 = 0x7fc00000;

void expectNan(const std::string &body, float a, float b) {
  EXPECT_TRUE(std::isnan(std::bit_cast<float>(evaluate(body, {{bits(a), bits(b), 0}})[0].d))) << body;
}

TEST(Floats, SumsRoundAsTheyAreTold) {
  float tiny = ulp / 4;
  expect32("add.f32 %d, %a, %b;",
           {{bits(1.0f), bits(tiny), 0, bits(1.0f)}, {bits(infinity), bits(1.0f), 0, bits(infinity)}});
  expect32("add.rz.f32 %d, %a, %b;",
           {{bits(1.0f), bits(tiny), 0, bits(1.0f)}, {bits(-1.0f), bits(tiny), 0, bits(-1 + ulp / 2)}});
  expect32("add.rp.f32 %d, %a, %b;", {{bits(1.0f), bits(tiny), 0, bits(1 + ulp)}});
  expect32("sub.rm.f32 %d, %a, %b;", {{bits(1.0f), bits(tiny), 0, bits(1 - ulp / 2)}});
  expect32("mul.rn.f32 %d, %a, %b;", {{bits(3.0f), bits(-0.5f), 0, bits(-1.5f)}});
  expect32("add.sat.f32 %d, %a, %b;", {{bits(1.0f), bits(3.0f), 0, bits(1.0f)},
                                       {bits(1.0f), bits(-3.0f), 0, 0},
                                       {bits(notANumber), 0, 0, 0},
                                       {bits(0.25f), bits(0.5f), 0, bits(0.75f)}});
  expect64("add.f64 %d64, %a64, %b64;",
           {{bits(1.0), bits(1e-30), 0, bits(1.0)}, {bits(0.1), bits(0.2), 0, bits(0.1 + 0.2)}});
  expect64("mul.rp.f64 %d64, %a64, %b64;", {{bits(0.1), bits(10.0), 0, bits(std::nextafter(1.0, 2))}});
  expect64("div.rn.f64 %d64, %a64, %b64;", {{bits(1.0), bits(3.0), 0, bits(1.0 / 3)}});
  expectNan("sub.f32 %d, %a, %b;", infinity, infinity);
}

TEST(Floats, FusedProductsRoundOnce) {
  float a = 1 + ulp;
  expect32("fma.rn.f32 %d, %a, %b, %c;", {{bits(a), bits(a), bits(-1.0f), bits(std::fma(a, a, -1.0f))}});
  expect32("fma.rz.f32 %d, %a, %b, %c;", {{bits(1.0f), bits(1.0f), bits(-ulp / 8), bits(1 - ulp / 2)}});
  expect32("mad.rn.f32 %d, %a, %b, %c;", {{bits(2.0f), bits(3.0f), bits(4.0f), bits(10.0f)}});
  double b = 1 + std::numeric_limits<double>::epsilon();
  expect64("fma.rn.f64 %d64, %a64, %b64, %c64;", {{bits(b), bits(b), bits(-1.0), bits(std::fma(b, b, -1.0))}});
  // A whole warp takes another path than some lanes.
  std::vector<Case> warp(32, {bits(a), bits(a), bits(-1.0f), bits(std::fma(a, a, -1.0f))});
  expect32("fma.rn.f32 %d, %a, %b, %c;", warp);
}

TEST(Floats, DenormalNumbersAreFlushedWhereToldSo) {
  expect32("add.f32 %d, %a, %b;", {{bits(denormal), bits(denormal), 0, 2}});
  expect32("add.ftz.f32 %d, %a, %b;",
           {{bits(denormal), bits(denormal), 0, 0}, {bits(-denormal), bits(-0.0f), 0, bits(-0.0f)}});
  expect32("mul.ftz.f32 %d, %a, %b;", {{bits(1e-30f), bits(-1e-10f), 0, bits(-0.0f)}});
  expect32("fma.rn.ftz.f32 %d, %a, %b, %c;", {{bits(1.0f), bits(1.0f), bits(denormal), bits(1.0f)}});
  expect32("max.ftz.f32 %d, %a, %b;", {{bits(denormal), bits(-1.0f), 0, 0}});
}

TEST(Floats, MinimumAndMaximumPreferNumbers) {
  expect32("min.f32 %d, %a, %b;", {{bits(notANumber), bits(2.0f), 0, bits(2.0f)},
                                   {bits(2.0f), bits(notANumber), 0, bits(2.0f)},
                                   {bits(0.0f), bits(-0.0f), 0, bits(-0.0f)},
                                   {bits(-0.0f), bits(0.0f), 0, bits(-0.0f)}});
  expect32("max.f32 %d, %a, %b;", {{bits(notANumber), bits(2.0f), 0, bits(2.0f)},
                                   {bits(-0.0f), bits(0.0f), 0, 0},
                                   {bits(0.0f), bits(-0.0f), 0, 0}});
  expect64("max.f64 %d64, %a64, %b64;", {{bits(double(notANumber)), bits(2.0), 0, bits(2.0)}});
  expectNan("min.NaN.f32 %d, %a, %b;", 1, notANumber);
  expectNan("max.NaN.f32 %d, %a, %b;", notANumber, 1);
  expectNan("max.f32 %d, %a, %b;", notANumber, notANumber);
  expect32("max.NaN.f32 %d, %a, %b;", {{bits(1.0f), bits(infinity), 0, bits(infinity)}});
}

TEST(Floats, SignsAreBits) {
  expect32("neg.f32 %d, %a;", {{bits(0.0f), 0, 0, bits(-0.0f)}});
  expect32("abs.f32 %d, %a;", {{bits(-2.0f), 0, 0, bits(2.0f)}, {bits(-0.0f), 0, 0, 0}});
  expect64("neg.f64 %d64, %a64;", {{bits(1.0), 0, 0, bits(-1.0)}});
  expect32("copysign.f32 %d, %a, %b;",
           {{bits(-0.0f), bits(3.0f), 0, bits(-3.0f)}, {bits(1.0f), bits(-3.0f), 0, bits(3.0f)}});
  expect64("copysign.f64 %d64, %a64, %b64;", {{bits(-5.0), bits(3.0), 0, bits(-3.0)}});
}

TEST(Floats, QuotientsRootsAndFunctions) {
  expect32("div.rn.f32 %d, %a, %b;",
           {{bits(1.0f), bits(3.0f), 0, bits(1.0f / 3)}, {bits(1.0f), bits(-0.0f), 0, bits(-infinity)}});
  expect32("div.approx.ftz.f32 %d, %a, %b;", {{bits(1.0f), bits(3.0f), 0, bits(1.0f / 3)}});
  expect32("div.full.f32 %d, %a, %b;", {{bits(6.0f), bits(3.0f), 0, bits(2.0f)}});
  expect32("div.rz.f32 %d, %a, %b;", {{bits(2.0f), bits(3.0f), 0, bits(std::nextafter(2.0f / 3, 0.0f))}});
  expect32("sqrt.rn.f32 %d, %a;", {{bits(2.0f), 0, 0, bits(std::sqrt(2.0f))}, {bits(-0.0f), 0, 0, bits(-0.0f)}});
  expect32("sqrt.approx.ftz.f32 %d, %a;", {{bits(9.0f), 0, 0, bits(3.0f)}, {bits(denormal), 0, 0, 0}});
  expect64("sqrt.rn.f64 %d64, %a64;", {{bits(2.0), 0, 0, bits(std::sqrt(2.0))}});
  expect32("rcp.rn.f32 %d, %a;", {{bits(3.0f), 0, 0, bits(1.0f / 3)}});
  expect64("rcp.approx.ftz.f64 %d64, %a64;", {{bits(4.0), 0, 0, bits(0.25)}});
  expect32("rsqrt.approx.f32 %d, %a;", {{bits(4.0f), 0, 0, bits(0.5f)}, {0, 0, 0, bits(infinity)}});
  expect64("rsqrt.approx.f64 %d64, %a64;", {{bits(4.0), 0, 0, bits(0.5)}});
  expect32("ex2.approx.ftz.f32 %d, %a;",
           {{bits(-3.0f), 0, 0, bits(0.125f)}, {bits(-infinity), 0, 0, 0}, {bits(200.0f), 0, 0, bits(infinity)}});
  expect32("lg2.approx.f32 %d, %a;", {{bits(8.0f), 0, 0, bits(3.0f)}, {0, 0, 0, bits(-infinity)}});
  expect32("sin.approx.f32 %d, %a;", {{bits(1.0f), 0, 0, bits(std::sin(1.0f))}});
  expect32("cos.approx.f32 %d, %a;", {{0, 0, 0, bits(1.0f)}});
  expect32("tanh.approx.f32 %d, %a;", {{bits(infinity), 0, 0, bits(1.0f)}});
  expectNan("sqrt.rn.f32 %d, %a;", -1, 0);
}

TEST(Floats, Constants) {
  expect32("add.f32 %d, %a, 0f3F800000;", {{bits(1.0f), 0, 0, bits(2.0f)}});
  expect32("mul.f32 %d, %a, 1.5e-1;", {{bits(2.0f), 0, 0, bits(0.3f)}});
  expect64("add.f64 %d64, %a64, 0dBFF0000000000000;", {{bits(1.0), 0, 0, 0}});
  expect32("mov.f32 %d, 0f7FC00000;", {{0, 0, 0, nan32}});
}

} // namespace
} // namespace ptx::test
