// Each kind of fault, planted in a small kernel, is reported with its place.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

/// A kernel of one buffer of 64 words, `base`, and 256 bytes of shared memory, `tile`. %t is the thread, %x its byte
/// offset for words, %at its word of the buffer.
std::string kernelOf(const std::string &body) {
  return header() + R"(.shared .align 16 .b8 tile[256];
.visible .entry faulty(.param .u64 buffer)
.maxntid 64, 1, 1
{
  .reg .pred %p, %q;
  .reg .b16 %s<4>;
  .reg .b32 %t, %x, %block, %r<9>;
  .reg .b64 %base, %at, %rd<9>;
  ld.param.u64 %base, [buffer];
  mov.u32 %t, %tid.x;
  mov.u32 %block, %ctaid.x;
  shl.b32 %x, %t, 2;
  mad.wide.u32 %at, %t, 4, %base;
)" + body +
         "  ret;\n}\n";
}

struct Planted {
  std::vector<uint32_t> words = std::vector<uint32_t>(64, 1);
  std::vector<uint8_t> written;
  Launch launch;
  Counts counts;

  explicit Planted(int threads = 64, int blocks = 1) {
    launch.block = {threads, 1, 1};
    launch.grid = {blocks, 1, 1};
    launch.maxInstructions = 10000;
  }
  void operator()(const std::string &body) {
    launch.memory = {
        {reinterpret_cast<uint8_t *>(words.data()), words.size() * 4, written.empty() ? nullptr : written.data()}};
    launch.arguments = {uint64_t(uintptr_t(words.data()))};
    counts = run(parse(kernelOf(body)), "faulty", launch);
  }
  uint64_t address(size_t word) const { return uint64_t(uintptr_t(words.data() + word)); }
};

Fault faultOf(Planted &run, const std::string &body) {
  try {
    run(body);
  } catch (const Fault &fault) {
    return fault;
  }
  ADD_FAILURE() << "no fault: " << body;
  return Fault("", "");
}
/// The reason, and the x of the block and of the thread.
std::string told(Planted run, const std::string &body) {
  Fault f = faultOf(run, body);
  return f.reason + " " + std::to_string(f.block[0]) + ":" + std::to_string(f.thread[0]);
}
void expectFine(Planted run, const std::string &body) { EXPECT_NO_THROW(run(body)) << body; }

TEST(Faults, SayWhereTheyAre) {
  Planted run(64, 2);
  Fault f = faultOf(run, "setp.eq.u32 %p, %t, 5;\n@%p ld.global.f32 %r1, [%at+240];\n");
  EXPECT_EQ(f.kernel, "faulty");
  EXPECT_EQ(f.instruction, "@%p ld.global.f32 %r1, [%at+240]");
  EXPECT_EQ(f.line, 18);
  EXPECT_EQ(f.address, run.address(65));
  EXPECT_EQ(f.thread, (std::array<int, 3>{5, 0, 0}));
  char address[32];
  snprintf(address, sizeof(address), "0x%llx", static_cast<unsigned long long>(f.address));
  EXPECT_EQ(
      f.what(),
      "faulty, line 18: @%p ld.global.f32 %r1, [%at+240]: outside every buffer, 4 bytes behind the end of buffer 0, "
      "address " +
          std::string(address) + "; block 0 0 0, thread 5 0 0");
}

TEST(Faults, GlobalMemory) {
  EXPECT_EQ(told(Planted(), "st.global.b32 [%at+4], %t;"),
            "outside every buffer, 0 bytes behind the end of buffer 0 0:63");
  EXPECT_EQ(told(Planted(), "ld.global.b32 %r1, [%at+-4];"), "outside every buffer, 4 bytes before buffer 0 0:0");
  EXPECT_EQ(told(Planted(1), "ld.global.v2.b32 {%r1, %r2}, [%base+4];"), "misaligned 0:0");
  EXPECT_EQ(told(Planted(1), "ld.global.b16 %s1, [%base+1];"), "misaligned 0:0");
  EXPECT_EQ(told(Planted(1), "mov.b64 %rd1, 64; ld.b32 %r1, [%rd1];"), "outside every buffer 0:0");
  expectFine(Planted(), "ld.global.nc.b32 %r1, [%at]; ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%base+240];");
}

TEST(Faults, UnwrittenGlobalMemory) {
  Planted run;
  run.written.assign(256, 1);
  run.written[150] = 0;
  EXPECT_EQ(told(run, "ld.global.b32 %r1, [%at];"), "reads global memory that nothing wrote 0:37");
  expectFine(run, "st.global.b32 [%at], %t; ld.global.b32 %r1, [%at];");
  run("st.global.b32 [%at], %t;");
  EXPECT_EQ(run.written[150], 1);
}

TEST(Faults, SharedAndLocalMemory) {
  EXPECT_EQ(told(Planted(), "st.shared.b32 [%x+4], %t;"), "outside shared memory, which has 256 bytes 0:63");
  EXPECT_EQ(told(Planted(), "st.shared.b32 [%x+-4], %t;"), "outside shared memory, which has 256 bytes 0:0");
  EXPECT_EQ(told(Planted(), "ld.shared.b32 %r1, [%x];"), "reads shared memory that nothing wrote 0:0");
  EXPECT_EQ(told(Planted(1), "st.shared.b32 [tile+2], %t;"), "misaligned 0:0");
  EXPECT_EQ(told(Planted(), ".local .align 4 .b8 mine[8]; st.local.b32 [mine+8], %t;"),
            "outside local memory, which has 8 bytes 0:0");
  // What a block before left is not there either.
  EXPECT_EQ(told(Planted(1, 2), "setp.eq.u32 %p, %block, 0; @%p st.shared.b32 [tile], %t; ld.shared.b32 %r1, [tile];"),
            "reads shared memory that nothing wrote 1:0");
}

const std::string exchange = "xor.b32 %r1, %t, 63; shl.b32 %r1, %r1, 2;\n";

TEST(Faults, RacesInSharedMemory) {
  expectFine(Planted(), exchange + "st.shared.b32 [%x], %t; bar.sync 0; ld.shared.b32 %r2, [%r1];");
  EXPECT_EQ(
      told(
          Planted(),
          exchange +
              "st.shared.b32 [%x], %t; ld.shared.b32 %r2, [%x]; setp.gt.u32 %p, %t, 31; @%p ld.shared.b32 %r2, [%r1];"),
      "race: reads what another thread wrote since the last barrier 0:32");
  // The second barrier is missing: what is overwritten may not have been read.
  EXPECT_EQ(told(Planted(), exchange + "st.shared.b32 [%x], %t; bar.sync 0; setp.lt.u32 %p, %t, 32; @%p ld.shared.b32 "
                                       "%r2, [%r1]; @!%p st.shared.b32 [%x], %r1;"),
            "race: overwrites what another thread read since the last barrier 0:32");
  expectFine(Planted(),
             exchange +
                 "st.shared.b32 [%x], %t; bar.sync 0; ld.shared.b32 %r2, [%r1]; bar.sync 0; st.shared.b32 [%x], %r2;");
  EXPECT_EQ(told(Planted(), "st.shared.b32 [tile], %t;"),
            "race: overwrites what another thread wrote since the last barrier 0:1");
  // Bytes of one word are not each other's.
  expectFine(Planted(), "mov.u16 %s1, 3; st.shared.b8 [%t], %s1; ld.shared.u8 %s2, [%t];");
}

TEST(Faults, RacesInGlobalMemory) {
  const char *wrote = "race: overwrites what another thread wrote since the last barrier 0:1";
  EXPECT_EQ(told(Planted(2), "st.global.b32 [%base], %t;"), wrote);
  expectFine(Planted(), "mov.b32 %r1, 9; st.global.b32 [%base], %r1;"); // equal values
  EXPECT_EQ(told(Planted(1, 2), "st.global.b32 [%base], %block;"),
            "race: overwrites what another block of the launch wrote 1:0");
  EXPECT_EQ(told(Planted(64), exchange + "mad.wide.u32 %rd1, %r1, 1, %base; add.u32 %r2, %t, 2; st.global.b32 [%at], "
                                         "%r2; ld.global.b32 %r3, [%rd1];"),
            "race: overwrites what another thread read since the last barrier 0:32");
  expectFine(Planted(64),
             exchange +
                 "mad.wide.u32 %rd1, %r1, 1, %base; st.global.b32 [%at], %r1; bar.sync 0; ld.global.b32 %r3, [%rd1];");
  std::string next = "mad.wide.u32 %rd1, %block, 4, %base; add.u32 %r1, %block, 5;\n";
  EXPECT_EQ(told(Planted(1, 2), next + "st.global.b32 [%rd1+4], %r1; ld.global.b32 %r2, [%rd1];"),
            "race: reads what another block of the launch wrote 1:0");
  EXPECT_EQ(told(Planted(1, 2), next + "ld.global.b32 %r2, [%rd1+4]; st.global.b32 [%rd1], %r1;"),
            "race: overwrites what another block of the launch read 1:0");
  // Read by two blocks, and then written by the second.
  EXPECT_EQ(
      told(Planted(1, 2),
           next + "ld.global.b32 %r2, [%base]; bar.sync 0; setp.eq.u32 %p, %block, 1; @%p st.global.b32 [%base], %r1;"),
      "race: overwrites what another block of the launch read 1:0");
  expectFine(Planted(64, 1),
             "ld.global.b32 %r1, [%at]; add.u32 %r1, %r1, 1; st.global.b32 [%at], %r1; ld.global.b32 %r1, [%at];");
  Planted off(2);
  off.launch.globalRaces = false;
  expectFine(off, "st.global.b32 [%base], %t;");
}

TEST(Faults, WithoutWatchingForRaces) {
  Planted run;
  run.launch.globalRaces = run.launch.sharedRaces = false;
  EXPECT_EQ(told(run, "st.global.b32 [%at+4], %t;"), "outside every buffer, 0 bytes behind the end of buffer 0 0:63");
  EXPECT_EQ(told(run, "ld.global.b32 %r1, [%at+-4];"), "outside every buffer, 4 bytes before buffer 0 0:0");
  EXPECT_EQ(told(run, "ld.global.v2.b32 {%r1, %r2}, [%base+4];"), "misaligned 0:0");
  EXPECT_EQ(told(run, "st.shared.b32 [%x+4], %t;"), "outside shared memory, which has 256 bytes 0:63");
  EXPECT_EQ(told(run, "ld.shared.b64 %rd1, [%x];"), "misaligned 0:1");
  run.written.assign(256, 1);
  run.written[150] = 0;
  EXPECT_EQ(told(run, "ld.global.b32 %r1, [%at];"), "reads global memory that nothing wrote 0:37");
  run(exchange +
      "st.shared.b32 [%x], %t; ld.shared.b32 %r2, [%r1]; st.global.b32 [%at], %r2;"); // the barrier is missing
  EXPECT_EQ(run.words[5], 0u);                                                        // of a warp that has not run yet
  EXPECT_EQ(run.words[60], 3u);
  EXPECT_EQ(run.written[150], 1);
}

TEST(Faults, Barriers) {
  EXPECT_EQ(told(Planted(), "setp.lt.u32 %p, %t, 32; @%p ret; bar.sync 0;"),
            "a barrier that some threads never reach 0:32");
  EXPECT_EQ(told(Planted(), "setp.lt.u32 %p, %t, 5; @%p bra $skip; bar.sync 0;\n$skip: mov.b32 %r1, 0;"),
            "a barrier that some threads never reach 0:5");
  EXPECT_EQ(told(Planted(), "setp.lt.u32 %p, %t, 5; @%p bra $skip; bar.sync 0; ret;\n$skip: bar.sync 0;"),
            "lanes of a warp wait at different barriers 0:0");
  // Lanes that branch apart in front of a barrier meet at it.
  expectFine(Planted(),
             "setp.lt.u32 %p, %t, 5; @%p bra $far;\n$both: bar.sync 0; ret;\n$far: mov.b32 %r1, 0; bra $both;");
  EXPECT_EQ(told(Planted(), "setp.lt.u32 %p, %t, 32; @%p bra $one; bar.sync 1; ret;\n$one: bar.sync 0;"),
            "threads wait at different barriers 0:32");
  // The other form may be reached by the lanes of a warp one after the other.
  expectFine(Planted(), "setp.lt.u32 %p, %t, 5; @%p bra $skip; barrier.sync 0; ret;\n$skip: barrier.sync 0;");
}

TEST(Faults, InstructionsOfWholeWarps) {
  std::string some = "setp.lt.u32 %p, %t, 5; @%p bra $skip;\n";
  EXPECT_EQ(told(Planted(32), some + "shfl.sync.bfly.b32 %r1, %t, 1, 31, -1;\n$skip: mov.b32 %r1, 0;"),
            "reached by part of a warp: this lane is named, and not here 0:0");
  EXPECT_EQ(told(Planted(32), some + "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%r1,%r2,%r3,%r4}, "
                                     "{%t,%t,%t,%t}, {%t,%t}, {%t,%t,%t,%t};\n$skip: mov.b32 %r1, 0;"),
            "reached by part of a warp: mma wants all 32 lanes 0:5");
  EXPECT_EQ(told(Planted(32), some + "vote.sync.ballot.b32 %r1, %p, 15;\n$skip: mov.b32 %r1, 0;"),
            "reached by part of a warp: this lane is named, and not here 0:0");
  EXPECT_EQ(told(Planted(2), "shfl.sync.idx.b32 %r1, %t, 7, 31, 3;"), "reads from lane 7, which is not here 0:0");
}

TEST(Faults, UnwrittenRegisters) {
  EXPECT_EQ(told(Planted(), "add.u32 %r1, %t, %r2;"), "reads register %r2, which nothing wrote 0:0");
  EXPECT_EQ(told(Planted(), "setp.lt.u32 %p, %t, 40; @%p mov.b32 %r1, 1; mov.b32 %r2, %r1;"),
            "reads register %r1, which nothing wrote 0:40");
  EXPECT_EQ(told(Planted(), "@%q mov.b32 %r1, 1;"), "reads register %q, which nothing wrote 0:0");
  // A vector of which a part is used may have parts that nothing wrote.
  expectFine(Planted(), "mov.b64 %rd1, {%r2, %t}; mov.b64 {%r3, %r4}, %rd1; add.u32 %r5, %r4, 1;");
  Planted off;
  off.launch.unwrittenRegisters = false;
  off("add.u32 %r1, %r2, 7; st.global.b32 [%at], %r1;");
  EXPECT_EQ(off.words[63], 7u);
}

TEST(Faults, EndlessLoopsAndEnds) {
  EXPECT_EQ(told(Planted(), "$again: bra $again;"), "more than 10000 instructions: an endless loop 0:0");
  EXPECT_EQ(told(Planted(), "setp.eq.u32 %p, %t, 1; @%p trap;"), "a trap 0:1");
  // The body ends in a "ret" that one thread does not take.
  EXPECT_EQ(told(Planted(), "setp.eq.u32 %p, %t, 1; @!%p"), "runs over the end of the kernel 0:1");
}

TEST(Faults, LaunchesThatDoNotFit) {
  Planted run(65);
  EXPECT_THROW(run(""), std::invalid_argument); // .maxntid
  Module module = parse(kernelOf(""));
  Launch launch;
  EXPECT_THROW(ptx::run(module, "faulty", launch), std::invalid_argument); // no arguments
  EXPECT_THROW(ptx::run(module, "other", launch), std::invalid_argument);
  launch.arguments = {0};
  EXPECT_NO_THROW(ptx::run(module, "faulty", launch));
  launch.memory = {{reinterpret_cast<uint8_t *>(run.words.data()), 8},
                   {reinterpret_cast<uint8_t *>(run.words.data() + 1), 8}};
  EXPECT_THROW(ptx::run(module, "faulty", launch), std::invalid_argument); // overlap
}

} // namespace
} // namespace ptx::test
