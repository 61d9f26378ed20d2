// Integer instructions at the ends of their ranges.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

constexpr uint64_t least = 0x80000000, most = 0x7fffffff, least64 = 0x8000000000000000, all64 = ~uint64_t(0);

TEST(Integers, SumsAndProductsWrapAround) {
  expect32("add.s32 %d, %a, %b;", {{most, 1, 0, least}, {minus1, 2, 0, 1}});
  expect32("sub.u32 %d, %a, %b;", {{0, 1, 0, minus1}});
  expect16("add.s16 %d16, %a16, %b16;", {{0xffff, 3, 0, 2}});
  expect16("mul.lo.u16 %d16, %a16, %b16;", {{0xffff, 0xffff, 0, 1}});
  expect64("add.u64 %d64, %a64, %b64;", {{all64, 2, 0, 1}});
  expect32("mul.lo.s32 %d, %a, %b;", {{0x10001, 0x10001, 0, 0x20001}});
  expect32("mad.lo.s32 %d, %a, %b, %c;", {{minus1, 5, 7, 2}});
  expect32("add.sat.s32 %d, %a, %b;", {{most, 1, 0, most}, {least, minus1, 0, least}, {1, 2, 0, 3}});
  expect32("sub.sat.s32 %d, %a, %b;", {{least, 1, 0, least}});
}

TEST(Integers, ProductsOfTwiceTheWidth) {
  expect64("mul.wide.s32 %d64, %a, %b;", {{minus1, 3, 0, all64 - 2}, {least, least, 0, 0x4000000000000000}});
  expect64("mul.wide.u32 %d64, %a, %b;", {{minus1, minus1, 0, 0xfffffffe00000001}});
  expect32("mul.wide.s16 %d, %a16, %b16;", {{0x8000, 0x8000, 0, 0x40000000}, {0xffff, 2, 0, 0xfffffffe}});
  expect32("mul.wide.u16 %d, %a16, %b16;", {{0xffff, 0xffff, 0, 0xfffe0001}});
  expect32("mul.hi.u32 %d, %a, %b;", {{minus1, minus1, 0, 0xfffffffe}});
  expect32("mul.hi.s32 %d, %a, %b;", {{minus1, 1, 0, minus1}, {least, 2, 0, minus1}});
  expect64("mul.hi.u64 %d64, %a64, %b64;", {{all64, all64, 0, all64 - 1}});
  expect64("mul.hi.s64 %d64, %a64, %b64;", {{all64, 1, 0, all64}, {least64, least64, 0, 0x4000000000000000}});
  expect32("mad.hi.s32 %d, %a, %b, %c;", {{minus1, 1, 5, 4}});
  expect64("mad.wide.u32 %d64, %a, %b, %c64;", {{minus1, 2, 3, 0x200000001}});
  expect64("mad.wide.s32 %d64, %a, %b, %c64;", {{minus1, 2, 3, 1}});
}

TEST(Integers, DivisionRoundsTowardsZero) {
  expect32("div.s32 %d, %a, %b;", {{minus1 - 6, 2, 0, minus1 - 2}, {least, minus1, 0, least}, {7, 0, 0, minus1}});
  expect32("rem.s32 %d, %a, %b;", {{minus1 - 6, 2, 0, minus1}, {least, minus1, 0, 0}, {7, 0, 0, 7}});
  expect32("div.u32 %d, %a, %b;", {{minus1, 2, 0, most}});
  expect64("div.s64 %d64, %a64, %b64;", {{least64, all64, 0, least64}, {all64 - 8, 2, 0, all64 - 3}});
  expect64("rem.u64 %d64, %a64, %b64;", {{all64, 10, 0, 5}});
  expect16("div.u16 %d16, %a16, %b16;", {{0xffff, 7, 0, 9362}});
}

TEST(Integers, SignsAndOrder) {
  expect32("min.s32 %d, %a, %b;", {{minus1, 1, 0, minus1}});
  expect32("min.u32 %d, %a, %b;", {{minus1, 1, 0, 1}});
  expect32("max.s32 %d, %a, %b;", {{minus1, 1, 0, 1}});
  expect16("max.s16 %d16, %a16, %b16;", {{0x8000, 1, 0, 1}});
  expect64("max.u64 %d64, %a64, %b64;", {{all64, 1, 0, all64}});
  expect32("abs.s32 %d, %a;", {{minus1 - 4, 0, 0, 5}, {least, 0, 0, least}});
  expect32("neg.s32 %d, %a;", {{5, 0, 0, minus1 - 4}, {least, 0, 0, least}});
  expect16("neg.s16 %d16, %a16;", {{1, 0, 0, 0xffff}});
  expect64("abs.s64 %d64, %a64;", {{all64, 0, 0, 1}});
  expect32("sad.u32 %d, %a, %b, %c;", {{3, 10, 100, 107}});
  expect32("sad.s32 %d, %a, %b, %c;", {{minus1, 1, 0, 2}});
}

TEST(Integers, ShiftsClamp) {
  expect32("shl.b32 %d, %a, %b;", {{1, 31, 0, least}, {1, 32, 0, 0}, {1, minus1, 0, 0}});
  expect32("shr.u32 %d, %a, %b;", {{least, 31, 0, 1}, {least, 32, 0, 0}, {least, 1000, 0, 0}});
  expect32("shr.s32 %d, %a, %b;", {{least, 31, 0, minus1}, {least, 99, 0, minus1}, {most, 40, 0, 0}});
  expect64("shl.b64 %d64, %a64, %b;", {{1, 63, 0, least64}, {1, 64, 0, 0}});
  expect64("shr.s64 %d64, %a64, %b;", {{least64, 64, 0, all64}});
  expect16("shl.b16 %d16, %a16, %b;", {{0x8001, 1, 0, 2}, {1, 16, 0, 0}});
  expect16("shr.s16 %d16, %a16, %b;", {{0x8000, 15, 0, 0xffff}, {0x8000, 50, 0, 0xffff}});
  expect32("shf.l.wrap.b32 %d, %a, %b, %c;", {{0x89abcdef, 0x01234567, 8, 0x23456789}, {1, 2, 32, 2}});
  expect32("shf.l.clamp.b32 %d, %a, %b, %c;", {{1, 2, 32, 1}, {1, 2, 99, 1}});
  expect32("shf.r.wrap.b32 %d, %a, %b, %c;", {{0x89abcdef, 0x01234567, 8, 0x6789abcd}, {1, 2, 33, 0}});
  expect32("shf.r.clamp.b32 %d, %a, %b, %c;", {{1, 2, 40, 2}});
}

TEST(Integers, Fields) {
  expect32("bfe.u32 %d, %a, %b, %c;", {{0xabcd1234, 8, 8, 0x12},
                                       {0xabcd1234, 24, 16, 0xab},
                                       {minus1, 0, 0, 0},
                                       {minus1, 40, 8, 0},
                                       {minus1, 0, 32, minus1}});
  expect32("bfe.s32 %d, %a, %b, %c;",
           {{0x8000, 8, 8, 0xffffff80}, {0x80000000, 28, 8, 0xfffffff8}, {0x80000000, 40, 8, minus1}, {0x70, 4, 4, 7}});
  expect64("bfe.u64 %d64, %a64, %b, %c;", {{all64, 60, 10, 15}});
  expect32("bfi.b32 %d, %a, %b, 8, 4;", {{0xff, 0, 0, 0xf00}, {0, minus1, 0, 0xfffff0ff}});
  expect32("bfi.b32 %d, %a, %b, 28, 8;", {{0xff, 0, 0, 0xf0000000}});
  expect32("bfi.b32 %d, %a, %b, 32, 8;", {{0xff, 5, 0, 5}});
  expect32("bfind.u32 %d, %a;", {{0, 0, 0, minus1}, {1, 0, 0, 0}, {least, 0, 0, 31}});
  expect32("bfind.s32 %d, %a;", {{minus1, 0, 0, minus1}, {minus1 - 1, 0, 0, 0}, {5, 0, 0, 2}});
  expect32("bfind.shiftamt.u32 %d, %a;", {{1, 0, 0, 31}, {0, 0, 0, minus1}});
}

TEST(Integers, BitsOfWords) {
  expect32("clz.b32 %d, %a;", {{0, 0, 0, 32}, {1, 0, 0, 31}});
  expect32("clz.b64 %d, %a64;", {{0, 0, 0, 64}, {least64, 0, 0, 0}});
  expect32("popc.b32 %d, %a;", {{0xf0f0, 0, 0, 8}});
  expect32("popc.b64 %d, %a64;", {{all64, 0, 0, 64}});
  expect32("brev.b32 %d, %a;", {{1, 0, 0, least}, {0x12345678, 0, 0, 0x1e6a2c48}});
  expect32("not.b32 %d, %a;", {{0, 0, 0, minus1}});
  expect16("not.b16 %d16, %a16;", {{1, 0, 0, 0xfffe}});
  expect32("cnot.b32 %d, %a;", {{0, 0, 0, 1}, {9, 0, 0, 0}});
  expect64("xor.b64 %d64, %a64, %b64;", {{all64, 1, 0, all64 - 1}});
  expect32("and.b32 %d, %a, 0xF0;", {{0x1ff, 0, 0, 0xf0}});
  expect16("or.b16 %d16, %a16, %b16;", {{0xf000, 0xf, 0, 0xf00f}});
  expect32("lop3.b32 %d, %a, %b, %c, 0x96;", {{0xff00, 0xf0f0, 0xcccc, 0xff00 ^ 0xf0f0 ^ 0xcccc}});
  expect32("lop3.b32 %d, %a, %b, %c, 0xE8;",
           {{0xff00, 0xf0f0, 0xcccc, (0xff00 & 0xf0f0) | (0xff00 & 0xcccc) | (0xf0f0 & 0xcccc)}});
  expect32("prmt.b32 %d, %a, %b, %c;", {{0x33221100, 0x77665544, 0x7531, 0x77553311}, {0x80, 0, 0x0008, 0x808080ff}});
}

} // namespace
} // namespace ptx::test
