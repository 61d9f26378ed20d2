// Branches that lanes take differently, loops of different lengths, and who meets where again.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

std::vector<Operands3> counting(size_t lanes) {
  std::vector<Operands3> operands(lanes);
  for (size_t k = 0; k < lanes; ++k)
    operands[k].a = k;
  return operands;
}

TEST(Control, NestedBranchesMeetAgain) {
  // Four ways by two bits; behind them all lanes are together.
  auto results = evaluate(R"(
    and.b32 %u0, %a, 1; and.b32 %u1, %a, 2;
    setp.ne.u32 %p, %u0, 0; setp.ne.u32 %q, %u1, 0;
    @%p bra $odd;
    @%q bra $two;
    mov.b32 %d, 100; bra.uni $met;
  $two: mov.b32 %d, 102; bra $met;
  $odd: @!%q bra $one;
    mov.b32 %d, 103; activemask.b32 %u2; bra $met;
  $one: mov.b32 %d, 101;
  $met: activemask.b32 %u3; cvt.u64.u32 %d64, %u3;
  )",
                          counting(32));
  for (size_t k = 0; k < 32; ++k) {
    EXPECT_EQ(results[k].d, 100 + k % 4);
    EXPECT_EQ(results[k].d64, 0xffffffffu) << k;
  }
}

TEST(Control, LoopsOfDifferentLengthsMeetAgain) {
  // Sums 1 + .. + a, then an inner loop in each round, as often as the round.
  auto results = evaluate(R"(
    mov.b32 %u0, 0; mov.b32 %u4, 0;
  $round: setp.ge.u32 %p, %u0, %a; @%p bra $done;
    add.u32 %u0, %u0, 1; add.u32 %d, %d, %u0;
    mov.b32 %u1, 0;
  $inner: setp.ge.u32 %q, %u1, %u0; @%q bra $round;
    add.u32 %u1, %u1, 1; add.u32 %u4, %u4, 1; bra $inner;
  $done: setp.eq.u32 %p, %u4, %d; activemask.b32 %u3; cvt.u64.u32 %d64, %u3;
  )",
                          counting(32));
  for (size_t k = 0; k < 32; ++k) {
    EXPECT_EQ(results[k].d, k * (k + 1) / 2);
    EXPECT_EQ(results[k].p, 1);
    EXPECT_EQ(results[k].d64, 0xffffffffu) << k;
  }
}

TEST(Control, BranchesOfNobodyAndOfAll) {
  expect32("setp.lt.u32 %p, %a, 0; mov.b32 %d, 1; @%p bra $away; add.u32 %d, %d, 1;\n$away: add.u32 %d, %d, 10;",
           {{1, 0, 0, 12}, {2, 0, 0, 12}});
  expect32("setp.gt.u32 %p, %a, 0; mov.b32 %d, 1; @%p bra $away; add.u32 %d, %d, 1;\n$away: add.u32 %d, %d, 10;",
           {{1, 0, 0, 11}, {2, 0, 0, 11}});
}

TEST(Control, LanesThatReturnAreGone) {
  auto results = evaluate("setp.gt.u32 %p, %a, 2; @%p ret; activemask.b32 %d;", counting(8));
  EXPECT_EQ(results[2].d, 7u);
  EXPECT_EQ(results[3].d, 0u); // never stored
}

TEST(Control, WarpsOfABlockWaitForEachOther) {
  // Three warps, the last one not full: each thread reads what the one 50 behind it wrote.
  std::string text = header() + R"(.extern .shared .align 16 .b8 tile[];
.entry k(.param .u64 out) {
  .reg .b32 %t, %x, %y; .reg .b64 %to;
  ld.param.u64 %to, [out]; mov.u32 %t, %tid.x; shl.b32 %x, %t, 2; mad.wide.u32 %to, %t, 4, %to;
  st.shared.b32 [%x], %t;
  barrier.sync.aligned 0;
  add.u32 %y, %t, 50; rem.u32 %y, %y, 70; shl.b32 %y, %y, 2; ld.shared.b32 %y, [%y];
  st.global.b32 [%to], %y;
  ret;
})";
  std::vector<uint32_t> out(70);
  Launch launch;
  launch.block = {70, 1, 1};
  launch.sharedBytes = 280;
  launch.arguments = {uint64_t(uintptr_t(out.data()))};
  launch.memory = {{reinterpret_cast<uint8_t *>(out.data()), 280}};
  Counts counts = run(parse(text), "k", launch);
  for (uint32_t k = 0; k < 70; ++k)
    EXPECT_EQ(out[k], (k + 50) % 70);
  EXPECT_EQ(counts.barriers, 1u);
  EXPECT_EQ(counts.warpInstructions, 3u * 12);
}

TEST(Control, SpecialRegistersInThreeDimensions) {
  std::string text = header() + R"(
.entry k(.param .u64 out) {
  .reg .b32 %r<12>; .reg .b64 %to;
  ld.param.u64 %to, [out];
  mov.u32 %r0, %tid.x; mov.u32 %r1, %tid.y; mov.u32 %r2, %tid.z;
  mov.u32 %r3, %ctaid.x; mov.u32 %r4, %ctaid.y; mov.u32 %r5, %ctaid.z;
  mov.u32 %r7, %nctaid.x; mov.u32 %r8, %nctaid.y;
  mov.u32 %r9, %ntid.x; mov.u32 %r10, %ntid.y; mov.u32 %r11, %ntid.z;
  mad.lo.u32 %r6, %r5, %r8, %r4; mad.lo.u32 %r6, %r6, %r7, %r3;
  mad.lo.u32 %r6, %r6, %r11, %r2; mad.lo.u32 %r6, %r6, %r10, %r1; mad.lo.u32 %r6, %r6, %r9, %r0;
  mad.wide.u32 %to, %r6, 4, %to;
  mad.lo.u32 %r7, %r5, 10, %r4; mad.lo.u32 %r7, %r7, 10, %r3;
  mad.lo.u32 %r7, %r7, 10, %r2; mad.lo.u32 %r7, %r7, 10, %r1; mad.lo.u32 %r7, %r7, 10, %r0;
  st.global.u32 [%to], %r7;
  ret;
})";
  std::vector<uint32_t> out(2 * 3 * 2 * 5 * 3 * 2, 0);
  Launch launch;
  launch.grid = {2, 3, 2};
  launch.block = {5, 3, 2};
  launch.arguments = {uint64_t(uintptr_t(out.data()))};
  launch.memory = {{reinterpret_cast<uint8_t *>(out.data()), out.size() * 4}};
  run(parse(text), "k", launch);
  EXPECT_EQ(out[0], 0u);
  EXPECT_EQ(out[5 * 3 * 2 - 1], 124u);
  EXPECT_EQ(out[5 * 3 * 2], 1000u);
  EXPECT_EQ(out.back(), 121124u);
  launch.maxBlocks = 1;
  EXPECT_EQ(run(parse(text), "k", launch).warpInstructions, 25u);
}

} // namespace
} // namespace ptx::test
