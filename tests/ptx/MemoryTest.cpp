// Moves and memory: spaces, vectors, widths, symbols; and what lanes of a warp exchange.
#include "tests/ptx/Evaluate.h"

#include <algorithm>

namespace ptx::test {
namespace {

TEST(Memory, WidthsAndSigns) {
  std::string local = ".local .align 16 .b8 mine[32];\n";
  expect32(local + "st.local.b32 [mine], %a; ld.local.s8 %d, [mine+1];", {{0x8f00, 0, 0, 0xffffff8f}});
  expect32(local + "st.local.b32 [mine], %a; ld.local.u8 %d, [mine+1];", {{0x8f00, 0, 0, 0x8f}});
  expect32(local + "st.local.b32 [mine], %a; ld.local.s16 %d, [mine+2];", {{0xfffe0000, 0, 0, 0xfffffffe}});
  expect64(local + "st.local.b32 [mine], %a; ld.local.s32 %d64, [mine];", {{minus1, 0, 0, ~uint64_t(0)}});
  expect64(local + "st.local.b32 [mine], %a; ld.local.u16 %d64, [mine];", {{minus1, 0, 0, 0xffff}});
  expect32(local + "st.local.b32 [mine+4], 0; st.local.u8 [mine+5], %a64; ld.local.b32 %d, [mine+4];",
           {{0x1234, 0, 0, 0x3400}});
}

TEST(Memory, Vectors) {
  std::string local = ".local .align 16 .b8 mine[32];\n";
  expect32(local + "st.local.v4.b32 [mine+16], {%a, %b, 7, 9}; ld.local.v4.b32 {%u0, %u1, %u2, %d}, [mine+16];",
           {{1, 2, 0, 9}});
  expect32(local + "st.local.v2.b64 [mine], {%a64, %b64}; ld.local.v4.u32 {_, _, %d, _}, [mine];", {{1, 2, 0, 2}});
  expect32(local + "st.local.v4.b8 [mine], {%a16, %b16, %a16, %b16}; ld.local.b32 %d, [mine];",
           {{0x101, 0x202, 0, 0x02010201}});
  expect16(local + "st.local.v2.b16 [mine], {%a16, %b16}; ld.local.v2.u16 {%t0, %d16}, [mine];", {{1, 2, 0, 2}});
}

TEST(Memory, WhatALaunchTouches) {
  Module module = parse(header() + R"(.entry k(.param .u64 from, .param .u64 to) {
    .reg .b32 %t, %r; .reg .b64 %from, %to; .reg .pred %p;
    ld.param.u64 %from, [from]; ld.param.u64 %to, [to];
    mov.u32 %t, %tid.x; mad.wide.u32 %from, %t, 4, %from; mad.wide.u32 %to, %t, 8, %to;
    ld.global.b32 %r, [%from+8]; st.global.b32 [%to], %r; setp.eq.u32 %p, %t, 1; @%p st.global.b32 [%from+8000], %r;
    ret; })");
  std::vector<uint32_t> from(10000, 1), to(10, 1);
  auto at = [](std::vector<uint32_t> &v, size_t word) { return uint64_t(uintptr_t(v.data() + word)); };
  std::vector<Touched> touched;
  Launch launch;
  launch.block = {3, 1, 1};
  launch.arguments = {at(from, 0), at(to, 0)};
  launch.memory = {{reinterpret_cast<uint8_t *>(from.data()), from.size() * 4},
                   {reinterpret_cast<uint8_t *>(to.data()), to.size() * 4}};
  launch.touched = &touched;
  run(module, "k", launch);
  std::vector<Touched> expected{{at(from, 2), at(from, 5), false},
                                {at(from, 2001), at(from, 2002), true},
                                {at(to, 0), at(to, 1), true},
                                {at(to, 2), at(to, 3), true},
                                {at(to, 4), at(to, 5), true}};
  std::sort(expected.begin(), expected.end(), [](auto &a, auto &b) { return a.begin < b.begin; });
  EXPECT_EQ(touched, expected);
}

TEST(Memory, AddressesOf32BitsWrapAround) {
  expect32(".shared .align 4 .b8 ours[8]; st.shared.b32 [ours+4], 5; mov.u32 %u0, ours; sub.u32 %u0, %u0, 60;\n"
           "ld.shared.b32 %d, [%u0+64];",
           {{0, 0, 0, 5}});
}

TEST(Memory, GenericAddresses) {
  std::string each = ".local .align 8 .b8 mine[16]; mov.u64 %v0, mine; cvta.local.u64 %v1, %v0;\n";
  expect64(each + "st.b64 [%v1+8], %a64; ld.local.b64 %d64, [%v0+8];", {{1, 0, 0, 1}, {2, 0, 0, 2}});
  expect64(each + "cvta.to.local.u64 %v2, %v1; sub.s64 %d64, %v2, %v0;", {{0, 0, 0, 0}});
  expectPredicate(each + "isspacep.local %p, %v1;", {{0, 0, 0, 1}});
  expectPredicate(each + "isspacep.global %p, %v1;", {{0, 0, 0, 0}});
  expectPredicate("isspacep.global %p, %from;", {{0, 0, 0, 1}});
  expect32(".shared .align 4 .b8 ours[128]; mov.u32 %u0, ours; shl.b32 %u1, %lane, 2; add.u32 %u0, %u0, %u1; "
           "cvt.u64.u32 %v0, %u0;\n"
           "cvta.shared.u64 %v1, %v0; st.b32 [%v1], %a; ld.shared.b32 %d, [%u0];",
           {{5, 0, 0, 5}, {6, 0, 0, 6}});
  // Lanes of one load in three spaces.
  auto results = evaluate(each + R"(.shared .align 8 .b8 ours[8]; mov.u64 %v4, ours; cvta.shared.u64 %v3, %v4;
    st.local.b64 [mine], 11; mov.u64 %v5, %from;
    setp.eq.u32 %p, %lane, 1; @%p st.shared.b64 [ours], 22; @%p mov.u64 %v5, %v3;
    setp.eq.u32 %p, %lane, 2; @%p mov.u64 %v5, %v1;
    ld.b64 %d64, [%v5];)",
                          {{33, 0, 0}, {44, 0, 0}, {55, 0, 0}});
  EXPECT_EQ(results[0].d64, 33u);
  EXPECT_EQ(results[1].d64, 22u);
  EXPECT_EQ(results[2].d64, 11u);
}

TEST(Memory, PackedRegisters) {
  expect64("mov.b64 %d64, {%a, %b};", {{1, 2, 0, 0x200000001}});
  expect32("mov.b64 {%u0, %d}, %a64;", {{0x300000004, 0, 0, 3}});
  expect32("mov.b64 {%d, _}, %a64;", {{0x300000004, 0, 0, 4}});
  expect32("mov.b32 %d, {%a16, %b16};", {{0x10001, 2, 0, 0x20001}});
  expect16("mov.b32 {%t0, %d16}, %a;", {{0x50006, 0, 0, 5}});
  expect64("mov.b64 %d64, {%a16, %b16, %c16, %a16};", {{1, 2, 3, 0x0001000300020001}});
}

TEST(Memory, ArraysOfTheModule) {
  std::string text = header() + R"(
.const .align 4 .f32 table[4] = {0f3F800000, 2.0, -3.5, 4.0};
.global .align 4 .u32 total;
.entry k(.param .u64 out, .param .f32 scale, .param .u16 small) {
  .reg .b16 %s; .reg .b32 %t, %i, %x, %y; .reg .b64 %to, %at, %from;
  ld.param.u64 %to, [out]; ld.param.f32 %y, [scale]; ld.param.u16 %s, [small]; cvt.u32.u16 %i, %s;
  mov.u64 %at, table; add.s64 %at, %at, 8; ld.const.f32 %x, [%at]; mul.f32 %x, %x, %y; st.global.f32 [%to], %x;
  ld.const.f32 %x, [table+12]; st.global.f32 [%to+4], %x;
  mov.u64 %from, total; cvta.global.u64 %from, %from; st.u32 [%from], %i;
  ld.global.u32 %x, [total]; st.global.u32 [%to+8], %x;
  ret;
})";
  std::vector<uint32_t> out(3);
  Launch launch;
  launch.arguments = {uint64_t(uintptr_t(out.data())), bits(2.0f), 0xffff0007};
  launch.memory = {{reinterpret_cast<uint8_t *>(out.data()), 12}};
  Module module = parse(text);
  run(module, "k", launch);
  EXPECT_EQ(out[0], bits(-7.0f));
  EXPECT_EQ(out[1], bits(4.0f));
  EXPECT_EQ(out[2], 7u);
}

/// One result of 32 lanes with the operand a = 10 lane.
std::vector<uint32_t> ofWarp(const std::string &body) {
  std::vector<Operands3> lanes(32);
  for (size_t k = 0; k < 32; ++k)
    lanes[k].a = 10 * k;
  std::vector<uint32_t> results;
  for (const Results &r : evaluate(body, lanes))
    results.push_back(r.d + 1000 * r.p);
  return results;
}

TEST(Exchanges, Shuffles) {
  auto down = ofWarp("shfl.sync.down.b32 %d|%p, %a, 3, 31, -1;"), up = ofWarp("shfl.sync.up.b32 %d|%p, %a, 3, 0, -1;"),
       butterfly = ofWarp("shfl.sync.bfly.b32 %d|%p, %a, 5, 31, -1;"),
       index = ofWarp("shfl.sync.idx.b32 %d, %a, 7, 31, -1;"),
       segments = ofWarp("shfl.sync.down.b32 %d|%p, %a, 1, 0x181F, -1;"),
       eights = ofWarp("shfl.sync.idx.b32 %d, %a, 2, 0x181F, -1;");
  for (uint32_t k = 0; k < 32; ++k) {
    EXPECT_EQ(down[k], k + 3 < 32 ? 1000 + 10 * (k + 3) : 10 * k);
    EXPECT_EQ(up[k], k >= 3 ? 1000 + 10 * (k - 3) : 10 * k);
    EXPECT_EQ(butterfly[k], 1000 + 10 * (k ^ 5));
    EXPECT_EQ(index[k], 70u);
    EXPECT_EQ(segments[k], k % 8 < 7 ? 1000 + 10 * (k + 1) : 10 * k); // segments of eight lanes
    EXPECT_EQ(eights[k], 10 * (k / 8 * 8 + 2));
  }
}

TEST(Exchanges, Votes) {
  std::string given = "setp.gt.u32 %q, %a, 285;\n"; // lanes 29 to 31
  EXPECT_EQ(ofWarp(given + "vote.sync.ballot.b32 %d, %q, -1;")[4], 0xe0000000u);
  EXPECT_EQ(ofWarp(given + "vote.sync.any.pred %p, %q, -1;")[4], 1000u);
  EXPECT_EQ(ofWarp(given + "vote.sync.all.pred %p, %q, -1;")[4], 0u);
  EXPECT_EQ(ofWarp(given + "vote.sync.all.pred %p, !%o, -1;")[4], 1000u);
  EXPECT_EQ(ofWarp(given + "vote.sync.uni.pred %p, %q, -1;")[4], 0u);
  EXPECT_EQ(ofWarp(given + "@%q activemask.b32 %d;")[30], 0xe0000000u);
  EXPECT_EQ(ofWarp("mov.u32 %d, %lanemask_lt;")[5], 31u);
}

} // namespace
} // namespace ptx::test
