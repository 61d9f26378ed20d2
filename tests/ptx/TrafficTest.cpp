// Counts of sectors and of passes for patterns whose numbers are known.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

/// Counts of one warp that computes byte addresses %i in the body and accesses 64 KiB of global memory at %at, or
/// shared memory at %i.
Counts countsOf(const std::string &body) {
  std::string text = header() + R"(.extern .shared .align 16 .b8 tile[];
.entry k(.param .u64 buffer) {
  .reg .pred %p; .reg .b16 %s; .reg .b32 %t, %i, %r<5>; .reg .b64 %base, %at, %rd<3>;
  ld.param.u64 %base, [buffer]; mov.u32 %t, %tid.x; mov.b32 %r0, 0; mov.b32 %r1, 0; mov.b64 %rd0, 0; mov.u16 %s, 0;
)" + body + "ret;\n}\n";
  static std::vector<uint64_t> memory(8192 + 32);
  auto *start = reinterpret_cast<uint8_t *>((uintptr_t(memory.data()) + 255) / 256 * 256);
  Launch launch;
  launch.block = {32, 1, 1};
  launch.sharedBytes = 16384;
  launch.arguments = {uint64_t(uintptr_t(start))};
  launch.memory = {{start, 65536}};
  launch.opcodes = true;
  return run(parse(text), "k", launch);
}
std::string global(const std::string &index, const std::string &access) {
  return index + "cvt.u64.u32 %at, %i; add.u64 %at, %base, %at;\n" + access;
}

TEST(Traffic, SectorsOfGlobalMemory) {
  auto loaded = [](const std::string &index, const std::string &access) {
    return countsOf(global(index, access)).sectorsLoaded;
  };
  EXPECT_EQ(loaded("shl.b32 %i, %t, 2;", "ld.global.b32 %r1, [%at];"), 4u);   // side by side
  EXPECT_EQ(loaded("shl.b32 %i, %t, 2;", "ld.global.b32 %r1, [%at+4];"), 5u); // not from a sector's start
  EXPECT_EQ(loaded("mov.b32 %i, 64;", "ld.global.b32 %r1, [%at];"), 1u);      // all the same
  EXPECT_EQ(loaded("shl.b32 %i, %t, 3;", "ld.global.b32 %r1, [%at];"), 8u);   // every second word
  EXPECT_EQ(loaded("shl.b32 %i, %t, 7;", "ld.global.b32 %r1, [%at];"), 32u);  // a row each
  EXPECT_EQ(loaded("shl.b32 %i, %t, 4;", "ld.global.v4.b32 {%r1,%r2,%r3,%r4}, [%at];"), 16u);
  EXPECT_EQ(loaded("xor.b32 %i, %t, 21; shl.b32 %i, %i, 2;", "ld.global.b32 %r1, [%at];"), 4u); // in another order
  EXPECT_EQ(loaded("and.b32 %i, %t, 1; shl.b32 %i, %i, 10;", "ld.global.b32 %r1, [%at];"), 2u); // to and fro
  EXPECT_EQ(loaded("mov.b32 %i, %t;", "ld.global.u8 %s, [%at];"), 1u);
  Counts half = countsOf(global("shl.b32 %i, %t, 2;", "setp.lt.u32 %p, %t, 9; @%p st.global.b32 [%at], %t;"));
  EXPECT_EQ(half.sectorsStored, 2u);
  EXPECT_EQ(half.globalStores, 1u);
  EXPECT_EQ(half.globalLoads, 0u);
  EXPECT_EQ(countsOf(global("shl.b32 %i, %t, 2;", "setp.gt.u32 %p, %t, 99; @%p st.global.b32 [%at], %t;")).globalStores,
            0u);
}

TEST(Traffic, PassesOfSharedMemory) {
  auto passes = [](const std::string &index, const std::string &access) {
    return countsOf(index + access).sharedPasses;
  };
  EXPECT_EQ(passes("shl.b32 %i, %t, 2;", "st.shared.b32 [%i], %t;"), 1u);      // a bank each
  EXPECT_EQ(passes("shl.b32 %i, %t, 3;", "st.shared.b32 [%i], %t;"), 2u);      // every second bank
  EXPECT_EQ(passes("shl.b32 %i, %t, 7;", "st.shared.b32 [%i], %t;"), 32u);     // a column of rows of 32 words
  EXPECT_EQ(passes("mul.lo.u32 %i, %t, 132;", "st.shared.b32 [%i], %t;"), 1u); // of rows padded to 33
  EXPECT_EQ(passes("shl.b32 %i, %t, 3;", "st.shared.b64 [%i], %rd0;"), 2u);    // half warps
  EXPECT_EQ(passes("shl.b32 %i, %t, 4;", "st.shared.v4.b32 [%i], {%t, %t, %t, %t};"), 4u); // quarters
  EXPECT_EQ(passes("shl.b32 %i, %t, 8;", "st.shared.v4.b32 [%i], {%t, %t, %t, %t};"), 32u);
  EXPECT_EQ(passes("mov.b32 %i, %t;", "st.shared.u8 [%i], %s;"), 1u); // four lanes a word
  // All lanes read one word; and two words of one bank, in turns.
  EXPECT_EQ(passes("", "setp.eq.u32 %p, %t, 0; @%p st.shared.b32 [tile], %t; bar.sync 0; ld.shared.b32 %r1, [tile];"),
            2u);
  EXPECT_EQ(passes("shl.b32 %i, %t, 2;", "st.shared.b32 [%i], %t; st.shared.b32 [%i+128], %t; bar.sync 0; and.b32 %i, "
                                         "%t, 1; shl.b32 %i, %i, 7; ld.shared.b32 %r1, [%i];"),
            4u);
}

TEST(Traffic, Instructions) {
  Counts counts = countsOf("fma.rn.f32 %r2, %r0, %r1, %r0; fma.rn.f32 %r2, %r0, %r1, %r0; bar.sync 0;\n"
                           ".local .align 4 .b8 mine[4]; st.local.b32 [mine], %t;\n");
  EXPECT_EQ(counts.fma, 2u);
  EXPECT_EQ(counts.barriers, 1u);
  EXPECT_EQ(counts.localAccesses, 1u);
  EXPECT_EQ(counts.warpInstructions, 11u);
  EXPECT_EQ(counts.byOpcode.at("fma.rn.f32"), 2u);
}

} // namespace
} // namespace ptx::test
