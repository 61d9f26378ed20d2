// What is in a file, and what is refused, with its line.
#include "tests/ptx/Evaluate.h"

#include <cstring>

namespace ptx::test {
namespace {

std::string errorOf(const std::string &instruction) {
  try {
    parse(header() + ".entry k() {\n.reg .b32 %r<3>;\n.reg .b64 %rd<3>;\n.reg .pred %p;\n" + instruction +
          "\nret;\n}\n");
  } catch (const ParseError &e) {
    EXPECT_EQ(e.line, 8) << instruction;
    return e.what();
  }
  return "fine";
}

TEST(Parser, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(errorOf("fancy.b32 %r1, %r2;"), "line 8: unknown instruction 'fancy.b32'");
  EXPECT_EQ(errorOf("add.cc.u32 %r1, %r2, %r1;"), "line 8: unknown modifier '.cc' in 'add.cc.u32'");
  EXPECT_EQ(errorOf("and.ftz.b32 %r1, %r2, %r1;"), "line 8: unknown modifier '.ftz' in 'and.ftz.b32'");
  EXPECT_EQ(errorOf("atom.global.add.f32 %r1, [%rd1], %r2;"), "line 8: unknown instruction 'atom.global.add.f32'");
  EXPECT_EQ(errorOf("cvt.rn.relu.f16.f32 %r1, %r2;"), "line 8: unknown modifier '.relu' in 'cvt.rn.relu.f16.f32'");
  EXPECT_EQ(errorOf("min.b32 %r1, %r1, %r2;"), "line 8: not supported: in 'min.b32'");
  EXPECT_EQ(errorOf("bar.sync 0, 64;"), "line 8: only barriers of a whole block are supported: in 'bar.sync'");
}

TEST(Parser, ChecksOperands) {
  EXPECT_EQ(errorOf("add.u32 %r1, %r2;"), "line 8: 2 operands instead of 3 in 'add.u32'");
  EXPECT_EQ(errorOf("add.u32 %r1, %r2, %r7;"), "line 8: unknown name '%r7' in 'add.u32'");
  EXPECT_EQ(errorOf("add.u32 %r1, %r2, %rd1;"), "line 8: register '%rd1' of a size that does not fit in 'add.u32'");
  EXPECT_EQ(errorOf("add.u32 %p, %r2, %r1;"), "line 8: register '%p' of a size that does not fit in 'add.u32'");
  EXPECT_EQ(errorOf("ld.global.v2.b32 %r1, [%rd1];"), "line 8: a vector of another length in 'ld.global.v2.b32'");
  EXPECT_EQ(errorOf("ld.global.b64 %r1, [%rd1];"),
            "line 8: register '%r1' of a size that does not fit in 'ld.global.b64'");
  EXPECT_EQ(errorOf("add.u32 %r1, %r2, %tid.x;"),
            "line 8: '%tid.x' has to be moved into a register first in 'add.u32'");
  EXPECT_EQ(errorOf("bra $nowhere;"), "line 8: no label '$nowhere'");
  EXPECT_EQ(errorOf("mov.u32 %r1, 12x;"), "line 8: '12x' is not a number");
}

TEST(Parser, ReadsDeclarations) {
  Module module = parse(header() + R"(
.file 1 "kernel.cu"
.extern .func helper(.param .b32 x);
.func (.param .b32 r) other(.param .b32 x) { ret; }
.global .align 4 .u32 counts[3] = {1, 2, 0xff};
.const .align 8 .f64 tenth = 0d3FB999999999999A;
.shared .align 8 .b8 fixed[24];
.extern .shared .align 16 .b8 dynamic[];
.visible .entry first(.param .u32 n, .param .u64 .ptr .global .align 16 p, .param .u8 flag)
.maxntid 32, 4, 1
.minnctapersm 2
{
  .loc 1 3 4
  .pragma "nounroll";
  { .reg .b32 x; mov.b32 x, 1; }
  { .reg .b64 x; mov.b64 x, 1; }
  membar.gl; fence.acq_rel.gpu;
  ret;
}
.entry second() .reqntid 64 { ret; }
.section .debug_info { .b8 1, 2 }
)");
  const Kernel &first = module.kernels.at("first");
  EXPECT_EQ(first.params[1].offset, 8);
  EXPECT_EQ(first.params[2].offset, 16);
  EXPECT_EQ(first.maxThreads, (std::array<int, 3>{32, 4, 1}));
  EXPECT_EQ(first.sharedBytes, 32);
  EXPECT_EQ(module.kernels.at("second").threads, (std::array<int, 3>{64, 1, 1}));
  EXPECT_EQ(module.arrays[0].bytes[8], 0xff);
  double tenth;
  std::memcpy(&tenth, module.arrays[1].bytes.get(), 8);
  EXPECT_EQ(tenth, 0.1);
}

TEST(Parser, RefusesFilesThatAreCut) {
  std::string whole = evaluator("add.u32 %d, %a, %b;");
  ASSERT_NO_THROW(parse(whole));
  for (size_t length = whole.find("{") + 1; length < whole.rfind("}"); length += 7)
    EXPECT_THROW(parse(whole.substr(0, length)), ParseError) << length;
  EXPECT_THROW(parse(".wrong"), ParseError);
  EXPECT_THROW(parse(".entry k(.param .align 8 .b8 x[16]) { ret; }"), ParseError);
}

} // namespace
} // namespace ptx::test
