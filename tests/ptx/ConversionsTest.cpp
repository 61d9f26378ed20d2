// cvt between all kinds of types, and the small formats of floats.
#include "compiler/ptx/SmallFloats.h"
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

TEST(Conversions, WholeNumbersAreCutAndExtended) {
  expect64("cvt.u64.u32 %d64, %a;", {{minus1, 0, 0, minus1}});
  expect64("cvt.s64.s32 %d64, %a;", {{minus1, 0, 0, ~uint64_t(0)}});
  expect32("cvt.u32.u64 %d, %a64;", {{0x123456789a, 0, 0, 0x3456789a}});
  expect32("cvt.s32.s8 %d, %a;", {{0x180, 0, 0, 0xffffff80}});
  expect32("cvt.u32.u8 %d, %a;", {{0x180, 0, 0, 0x80}});
  expect32("cvt.u32.u16 %d, %a16;", {{0xffff, 0, 0, 0xffff}});
  expect32("cvt.s32.s16 %d, %a16;", {{0xffff, 0, 0, minus1}});
  expect16("cvt.u16.u32 %d16, %a;", {{0x12345678, 0, 0, 0x5678}});
  expect16("cvt.s16.s8 %d16, %a16;", {{0x80, 0, 0, 0xff80}});
  expect32("cvt.u8.u32 %d, %a;", {{0x1234, 0, 0, 0x34}});
  expect32("cvt.s8.s32 %d, %a;", {{0x12f4, 0, 0, 0xfffffff4}});
  expect64("cvt.u64.u16 %d64, %a16;", {{0xffff, 0, 0, 0xffff}});
}

TEST(Conversions, SaturatedWholeNumbers) {
  expect32("cvt.sat.u8.s32 %d, %a;", {{300, 0, 0, 255}, {minus1, 0, 0, 0}, {7, 0, 0, 7}});
  expect32("cvt.sat.s8.s32 %d, %a;", {{300, 0, 0, 127}, {minus1 - 999, 0, 0, 0xffffff80}});
  expect32("cvt.sat.s32.u32 %d, %a;", {{minus1, 0, 0, 0x7fffffff}});
  expect32("cvt.sat.u32.s64 %d, %a64;", {{~uint64_t(0), 0, 0, 0}, {1ull << 40, 0, 0, minus1}});
  expect64("cvt.sat.s64.u64 %d64, %a64;", {{~uint64_t(0), 0, 0, ~uint64_t(0) >> 1}});
}

TEST(Conversions, FloatsToWholeNumbersEndAtTheRange) {
  expect32("cvt.rzi.s32.f32 %d, %a;", {{bits(-1.9f), 0, 0, minus1},
                                       {bits(3e9f), 0, 0, 0x7fffffff},
                                       {bits(-3e9f), 0, 0, 0x80000000},
                                       {bits(notANumber), 0, 0, 0},
                                       {bits(infinity), 0, 0, 0x7fffffff}});
  expect32("cvt.rni.s32.f32 %d, %a;", {{bits(2.5f), 0, 0, 2}, {bits(3.5f), 0, 0, 4}, {bits(-0.5f), 0, 0, 0}});
  expect32("cvt.rmi.s32.f32 %d, %a;", {{bits(-1.5f), 0, 0, minus1 - 1}});
  expect32("cvt.rpi.s32.f32 %d, %a;", {{bits(1.25f), 0, 0, 2}});
  expect32("cvt.rzi.u32.f32 %d, %a;",
           {{bits(-5.0f), 0, 0, 0}, {bits(4e9f), 0, 0, 4000000000}, {bits(5e9f), 0, 0, minus1}});
  expect32("cvt.rni.u8.f32 %d, %a;", {{bits(254.5f), 0, 0, 254}, {bits(256.0f), 0, 0, 255}});
  expect32("cvt.rni.s8.f32 %d, %a;", {{bits(-200.0f), 0, 0, 0xffffff80}});
  expect64("cvt.rzi.u64.f64 %d64, %a64;",
           {{bits(1e19), 0, 0, 10000000000000000000ull}, {bits(1e30), 0, 0, ~uint64_t(0)}});
  expect64("cvt.rzi.s64.f64 %d64, %a64;", {{bits(-1e30), 0, 0, uint64_t(1) << 63}, {bits(-7.9), 0, 0, uint64_t(-7)}});
  expect32("cvt.rzi.ftz.s32.f32 %d, %a;", {{bits(denormal), 0, 0, 0}});
}

TEST(Conversions, WholeNumbersToFloats) {
  expect32("cvt.rn.f32.s32 %d, %a;", {{minus1, 0, 0, bits(-1.0f)}, {16777217, 0, 0, bits(16777216.0f)}});
  expect32("cvt.rp.f32.s32 %d, %a;", {{16777217, 0, 0, bits(16777218.0f)}});
  expect32("cvt.rz.f32.u32 %d, %a;", {{minus1, 0, 0, bits(4294967040.0f)}});
  expect32("cvt.rn.f32.u64 %d, %a64;", {{~uint64_t(0), 0, 0, bits(18446744073709551616.0f)}});
  expect32("cvt.rn.f32.u8 %d, %a;", {{0x1ff, 0, 0, bits(255.0f)}});
  expect64("cvt.rn.f64.s64 %d64, %a64;", {{~uint64_t(0), 0, 0, bits(-1.0)}});
  expect64("cvt.rn.f64.u32 %d64, %a;", {{minus1, 0, 0, bits(4294967295.0)}});
}

TEST(Conversions, FloatsToFloats) {
  expect64("cvt.f64.f32 %d64, %a;", {{bits(0.1f), 0, 0, bits(double(0.1f))}});
  expect32("cvt.rn.f32.f64 %d, %a64;", {{bits(0.1), 0, 0, bits(0.1f)}, {bits(1e300), 0, 0, bits(infinity)}});
  expect32("cvt.rz.f32.f64 %d, %a64;", {{bits(0.1), 0, 0, bits(std::nextafter(0.1f, 0.0f))},
                                        {bits(1e300), 0, 0, bits(std::numeric_limits<float>::max())}});
  expect32("cvt.rni.f32.f32 %d, %a;", {{bits(2.5f), 0, 0, bits(2.0f)}, {bits(-0.25f), 0, 0, bits(-0.0f)}});
  expect32("cvt.rmi.f32.f32 %d, %a;", {{bits(-0.25f), 0, 0, bits(-1.0f)}});
  expect64("cvt.rpi.f64.f64 %d64, %a64;", {{bits(0.25), 0, 0, bits(1.0)}});
  expect32("cvt.sat.f32.f32 %d, %a;",
           {{bits(1.5f), 0, 0, bits(1.0f)}, {bits(-2.0f), 0, 0, 0}, {bits(notANumber), 0, 0, 0}});
  expect32("cvt.ftz.f32.f32 %d, %a;", {{bits(-denormal), 0, 0, bits(-0.0f)}});
}

TEST(Conversions, FloatsOf16Bits) {
  expect16("cvt.rn.f16.f32 %d16, %a;", {{bits(1.0f), 0, 0, 0x3c00},
                                        {bits(65504.0f), 0, 0, 0x7bff},
                                        {bits(65520.0f), 0, 0, 0x7c00},
                                        {bits(0x1p-24f), 0, 0, 1},
                                        {bits(0x1p-25f), 0, 0, 0},
                                        {bits(-2.0f), 0, 0, 0xc000},
                                        {bits(1 + 0x1p-11f), 0, 0, 0x3c00},
                                        {bits(1 + 0x3p-11f), 0, 0, 0x3c02}});
  expect16("cvt.rz.f16.f32 %d16, %a;", {{bits(1e9f), 0, 0, 0x7bff}, {bits(1 + 0x3p-11f), 0, 0, 0x3c01}});
  expect32("cvt.f32.f16 %d, %a16;",
           {{0x3c00, 0, 0, bits(1.0f)}, {0x0001, 0, 0, bits(0x1p-24f)}, {0xfc00, 0, 0, bits(-infinity)}});
  expect16("cvt.rn.bf16.f32 %d16, %a;", {{bits(1.0f), 0, 0, 0x3f80},
                                         {0x3f808000, 0, 0, 0x3f80},
                                         {0x3f818000, 0, 0, 0x3f82},
                                         {bits(notANumber), 0, 0, 0x7fff}});
  expect32("cvt.f32.bf16 %d, %a16;", {{0x4040, 0, 0, bits(3.0f)}});
  expect32("cvt.rn.bf16x2.f32 %d, %a, %b;", {{bits(1.0f), bits(-2.0f), 0, 0x3f80c000},
                                             {0x3f818000, 0x3f808001, 0, 0x3f823f81},
                                             {bits(infinity), bits(notANumber), 0, 0x7f807fff}});
  expect32("cvt.rn.f16x2.f32 %d, %a, %b;", {{bits(1.0f), bits(-2.0f), 0, 0x3c00c000}});
  expect32("cvt.rna.tf32.f32 %d, %a;", {{0x3f801000, 0, 0, 0x3f802000}, {0x3f800fff, 0, 0, 0x3f800000}});
}

TEST(Conversions, EveryNumberOf16BitsComesBack) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    if (float x = fromF16(uint16_t(h)); !std::isnan(x)) {
      ASSERT_EQ(toF16(double(x)), h);
    }
    if (float x = fromBf16(uint16_t(h)); !std::isnan(x)) {
      ASSERT_EQ(toBf16(double(x)), h);
    }
  }
}

} // namespace
} // namespace ptx::test
