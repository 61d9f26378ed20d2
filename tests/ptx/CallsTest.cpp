// Device functions, which are inlined where they are called.
#include "tests/TextFile.h"
#include "tests/ptx/Evaluate.h"

#include <cmath>
#include <fstream>
#include <sstream>

namespace ptx::test {
namespace {

/// A kernel that gives each lane k of 32 what `body` leaves in %d, from k in %a; with functions around it.
std::string kernel(const std::string &functions, const std::string &body) {
  return header() + functions + R"(
.entry k(.param .u64 out) {
  .reg .pred %p, %q; .reg .b32 %a, %d, %e; .reg .b64 %to;
  ld.param.u64 %to, [out]; mov.u32 %a, %tid.x; mad.wide.u32 %to, %a, 4, %to; mov.b32 %d, 0;
)" + body +
         "\n  st.global.b32 [%to], %d; ret;\n}\n";
}

std::vector<uint32_t> valuesOf(const std::string &text) {
  std::vector<uint32_t> out(32, 777);
  Launch launch;
  launch.block = {32, 1, 1};
  launch.arguments = {uint64_t(uintptr_t(out.data()))};
  launch.memory = {{reinterpret_cast<uint8_t *>(out.data()), out.size() * 4}};
  launch.maxInstructions = 100000;
  run(parse(text), "k", launch);
  return out;
}

std::string errorOf(const std::string &functions, const std::string &body) {
  try {
    valuesOf(kernel(functions, body));
  } catch (const ParseError &e) {
    return e.what();
  } catch (const Fault &f) {
    return f.reason;
  }
  return "fine";
}

/// %d = f(%e)
std::string callOf(const std::string &name, const std::string &guard = "") {
  return "{ .param .b32 param0; st.param.b32 [param0], %e; .param .b32 retval0;\n  " + guard + "call.uni (retval0), " +
         name + ", (param0);\n  ld.param.b32 %d, [retval0]; }\n";
}

/// x < 8: 10 * x; x odd: 1000 + x; else 2000 + the sum below x, by a loop. Returns under predicates, and one in a loop.
const std::string choices = R"(
.func (.param .b32 result) choices(.param .b32 given)
{
  .reg .pred %p; .reg .b32 %a, %d<2>;
  ld.param.b32 %a, [given];
  mul.lo.u32 %d0, %a, 10; st.param.b32 [result], %d0;
  setp.lt.u32 %p, %a, 8; @%p ret;
  add.u32 %d0, %a, 1000; st.param.b32 [result], %d0;
  and.b32 %d1, %a, 1; setp.eq.u32 %p, %d1, 0; @!%p ret.uni;
  mov.b32 %d0, 2000;
$again:
  st.param.b32 [result], %d0;
  setp.eq.u32 %p, %a, 0; @%p ret;
  sub.u32 %a, %a, 1; add.u32 %d0, %d0, %a; bra $again;
}
)";
uint32_t choicesOf(uint32_t x) { return x < 8 ? 10 * x : x % 2 ? 1000 + x : 2000 + x * (x - 1) / 2; }

TEST(Calls, TwiceInBranchesOfAWarp) {
  auto out = valuesOf(kernel(choices, R"(
  and.b32 %e, %a, 2; setp.eq.u32 %p, %e, 0; @%p bra $again;
  mov.b32 %e, %a; )" + callOf("choices") +
                                          R"(
  bra $met;
$again:
  xor.b32 %e, %a, 5; )" + callOf("choices") +
                                          R"(
$met: activemask.b32 %e; setp.eq.u32 %q, %e, 0xffffffff; @!%q trap;)"));
  for (uint32_t k = 0; k < 32; ++k)
    EXPECT_EQ(out[k], choicesOf(k & 2 ? k : k ^ 5)) << k;
}

TEST(Calls, WithGuardsAndInLoops) {
  auto out = valuesOf(kernel(choices, R"(
  mov.b32 %e, %a; setp.gt.u32 %p, %a, 20;
$round: {
  .param .b32 x; .param .b32 y; st.param.b32 [x], %e; st.param.b32 [y], 5;
  @!%p call (y), choices, (x);
  ld.param.b32 %d, [y]; }
  setp.gt.u32 %q, %d, 50; add.u32 %e, %e, 1; @%p bra $end; @!%q bra $round;
$end:)"));
  for (uint32_t k = 0; k < 32; ++k)
    EXPECT_EQ(out[k], k > 20 ? 5 : choicesOf(std::max(k, 6u))) << k;
}

TEST(Calls, OfFunctionsByFunctions) {
  // Defined behind its caller; without results; with local memory of the same name as the kernel's.
  auto out = valuesOf(kernel(R"(
.func (.param .b32 r) inner(.param .b32 x);
.func nothing() { .local .align 4 .b32 place; .reg .b32 %a; mov.b32 %a, 99; st.local.b32 [place], %a; ret; }
.func (.param .b32 r) outer(.param .b32 x) .noreturn
{
  .reg .b32 %a<3>;
  ld.param.b32 %a0, [x];
  { .param .b32 param0; st.param.b32 [param0], %a0; .param .b32 retval0;
    call.uni (retval0), inner, (param0); ld.param.b32 %a1, [retval0]; }
  { .param .b32 param0; st.param.b32 [param0], %a1; .param .b32 retval0;
    call.uni (retval0), inner, (param0); ld.param.b32 %a1, [retval0]; }
  call.uni nothing, ();
  add.u32 %a2, %a0, %a1; st.param.b32 [r], %a2;
  call.uni nothing;
}
.func (.param .b32 r) inner(.param .b32 x)
{ .reg .b32 %a<3>; ld.param.b32 %a0, [x]; mul.lo.u32 %a1, %a0, 3; st.param.b32 [r], %a1; ret; }
)",
                             R"(
  .local .align 4 .b32 place; mov.b32 %e, 100; st.local.b32 [place], %e; mov.b32 %e, %a; )" +
                                 callOf("outer") + "ld.local.b32 %e, [place]; add.u32 %d, %d, %e;"));
  for (uint32_t k = 0; k < 32; ++k)
    EXPECT_EQ(out[k], 10 * k + 100) << k;
}

TEST(Calls, ValuesOfAllSizes) {
  auto out = valuesOf(kernel(R"(
.func (.param .f64 r, .param .b8 s) sizes(.param .b8 b, .param .b16 h, .param .f32 f, .param .b32 c)
{
  .reg .b16 %h<2>; .reg .b32 %b, %f, %c; .reg .b64 %d, %e;
  ld.param.s8 %b, [b]; ld.param.s16 %e, [h]; ld.param.f32 %f, [f]; ld.param.b8 %h0, [c];
  cvt.f64.f32 %d, %f; st.param.f64 [r], %d;
  cvt.u32.u64 %c, %e; add.s32 %b, %b, %c; cvt.u32.u16 %c, %h0; add.s32 %b, %b, %c;
  st.param.b8 [s], %b;
  ret;
})",
                             R"(
  .reg .b64 %v; .reg .b16 %h;
  { .param .b8 b; .param .b16 h; .param .f32 f; .param .b32 c; .param .b64 r; .param .b8 s;
    st.param.b8 [b], -3; cvt.u16.u32 %h, %a; neg.s16 %h, %h; st.param.b16 [h], %h;
    st.param.f32 [f], 0f40200000; st.param.b32 [c], 0x12345607;
    call (r, s), sizes, (b, h, f, c);
    ld.param.f64 %v, [r]; ld.param.s8 %e, [s]; }
  cvt.rzi.s32.f64 %d, %v; sub.s32 %d, %e, %d;)"));
  for (int k = 0; k < 32; ++k)
    EXPECT_EQ(int(out[size_t(k)]), -3 - k + 7 - 2) << k;
}

TEST(Calls, ExitEndsTheThread) {
  auto out = valuesOf(
      kernel(".func leave(.param .b32 x) { .reg .b32 %a; .reg .pred %p; ld.param.b32 %a, [x]; setp.gt.u32 %p, %a, 3;\n"
             "  @%p exit; ret; }",
             "{ .param .b32 param0; st.param.b32 [param0], %a; call leave, (param0); }"));
  EXPECT_EQ(out[3], 0u);
  EXPECT_EQ(out[4], 777u);
}

TEST(Calls, WhatIsRefused) {
  auto function = [](const std::string &head, const std::string &body = "ret;") {
    return ".func " + head + " {\n " + body + "\n}\n";
  };
  std::string one = "(.param .b32 r) f(.param .b32 x)";
  EXPECT_EQ(errorOf(function("f()", "call f;"), "call f;"), "line 5: 'f' calls itself, and recursion is not supported");
  EXPECT_EQ(errorOf(function("g()", "call f;") + function("f()", "call g;"), "call f;"),
            "line 5: 'f' calls itself, and recursion is not supported");
  EXPECT_EQ(errorOf(".extern .func f();", "call f;"), "line 8: no device function 'f' with a body");
  EXPECT_EQ(errorOf("", ".reg .b64 %f; call %f, (), p;"), "line 8: expected ';' instead of ','");
  EXPECT_EQ(errorOf(function(one), "call f;"), "line 11: 0 variables instead of 1 in the call of 'f'");
  EXPECT_EQ(errorOf(function(one), "call (%d), f, (%a);"), "line 11: '%d' is no variable in .param in the call of 'f'");
  EXPECT_EQ(errorOf(function(one), ".param .b64 y; call (y), f, (y);"),
            "line 11: 'y' is an argument and a result in the call of 'f'");
  EXPECT_EQ(errorOf(function(one), ".param .b64 y; .param .b32 x; call (y), f, (x);"),
            "line 11: variable 'y' of a size that does not fit in the call of 'f'");
  const std::string scalars = "only scalars are supported as parameters and results of functions";
  EXPECT_EQ(errorOf(function("f(.param .align 8 .b8 x[16])"), "call f, (y);"), "line 4: " + scalars);
  EXPECT_EQ(errorOf(function("f(.param .b8 x[16])"), "call f, (y);"), "line 4: " + scalars);
  EXPECT_EQ(errorOf(function("f(.param .pred x)"), "call f, (y);"), "line 4: " + scalars);
  EXPECT_EQ(errorOf(function("f(.reg .b32 x)"), "call f, (y);"), "line 4: expected '.param' instead of '.reg'");
  EXPECT_EQ(errorOf("", ".param .align 8 .b8 x[16];"), "line 8: " + scalars);
  EXPECT_EQ(errorOf("", ".param .b64 x; st.param.b32 [x+4], %a;"),
            "line 8: only whole scalars are supported as parameters and results of functions: in 'st.param.b32'");
  EXPECT_EQ(errorOf("", ".param .b32 x; mov.b32 %d, x;"), "line 8: unknown name 'x' in 'mov.b32'");
  EXPECT_EQ(errorOf(function("f()", "add.u32 %d, %d, 1;"), "call f;"),
            "line 5: a result that is no register in 'add.u32'");
  EXPECT_EQ(errorOf(function("f()", ".shared .b32 x;"), "call f;"),
            "line 5: shared memory of device functions is not supported");
}

TEST(Calls, ResultsThatNothingWroteAreFaults) {
  EXPECT_EQ(errorOf(".func (.param .b32 r) f(.param .b32 x) { ret; }", "mov.b32 %e, 1;" + callOf("f")),
            "reads register [retval0], which nothing wrote");
  EXPECT_EQ(errorOf(".func (.param .b32 r) f(.param .b32 x) { .reg .b32 %a; ld.param.b32 %a, [x]; ret; }",
                    ".param .b32 x; .param .b32 r; call (r), f, (x);"),
            "reads register [x], which nothing wrote");
}

/// What kernels/pow.ptx computes: the step, a rate over 1 - pow(first, step), and 1 / sqrt(1 - pow(second, step)).
std::array<double, 3> stepsOfAdam(const Module &module, double step, double first, double second) {
  std::array<double, 3> out{};
  std::array<double, 4> in{step - 1, 1.0, first, second};
  Launch launch;
  launch.sharedBytes = 24;
  for (double &value : out)
    launch.arguments.push_back(uint64_t(uintptr_t(&value)));
  for (double &value : in)
    launch.arguments.push_back(uint64_t(uintptr_t(&value)));
  launch.memory = {{reinterpret_cast<uint8_t *>(out.data()), sizeof(out)},
                   {reinterpret_cast<uint8_t *>(in.data()), sizeof(in)}};
  run(module, module.kernels.begin()->first, launch);
  return out;
}

TEST(Calls, PowOfLibdeviceIsThatOfTheHost) {
  const std::string text = gan::test::readText(SOURCE_FOLDER "/tests/ptx/kernels/pow.ptx");
  Module module = parse(text);
  auto expectNear = [](double got, double expected, double x, double y) {
    if (std::isfinite(expected))
      EXPECT_NEAR(got, expected, 1e-14 * std::abs(expected)) << x << " to the power of " << y;
    else
      EXPECT_EQ(std::isnan(got) ? 0 : got, std::isnan(expected) ? 0 : expected) << x << " to the power of " << y;
  };
  for (double y : {1.0, 2.0, 3.0, 17.0, 1000.0, 0.0, -1.0, -3.5, 0.5, 1e300})
    for (double x : {0.5, 0.25, 0.6321, 1e-3, 0.0, 1.0, 1.5, 1234.5, -0.5, -2.0, 1e-310, HUGE_VAL, -HUGE_VAL}) {
      std::array<double, 3> out = stepsOfAdam(module, y, x, 0.75);
      EXPECT_EQ(out[0], y);
      expectNear(out[1], 1 / (1 - std::pow(x, y)), x, y);
      expectNear(out[2], 1 / std::sqrt(1 - std::pow(0.75, y)), 0.75, y);
    }
}

} // namespace
} // namespace ptx::test
