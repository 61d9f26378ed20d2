// See Evaluate.h.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {

std::string header() { return ".version 8.0\n.target sm_90\n.address_size 64\n"; }

std::string evaluator(const std::string &body) {
  std::string text = header();
  text += R"(
.visible .entry evaluate(.param .u64 operands, .param .u64 results)
{
  .reg .pred %p, %q, %o;
  .reg .b16 %a16, %b16, %c16, %d16, %t<9>;
  .reg .b32 %a, %b, %c, %d, %u<9>, %lane, %bit;
  .reg .b64 %a64, %b64, %c64, %d64, %v<9>, %from, %to;
  ld.param.u64 %from, [operands];
  ld.param.u64 %to, [results];
  mov.u32 %lane, %tid.x;
  mad.wide.u32 %from, %lane, 24, %from;
  mad.wide.u32 %to, %lane, 24, %to;
  ld.global.b64 %a64, [%from]; ld.global.b64 %b64, [%from+8]; ld.global.b64 %c64, [%from+16];
  ld.global.b32 %a, [%from]; ld.global.b32 %b, [%from+8]; ld.global.b32 %c, [%from+16];
  ld.global.b16 %a16, [%from]; ld.global.b16 %b16, [%from+8]; ld.global.b16 %c16, [%from+16];
  mov.b64 %d64, 0; mov.b32 %d, 0; mov.b16 %d16, 0;
  mov.pred %p, 0; mov.pred %q, 0; mov.pred %o, 0;
)";
  text += body;
  text += R"(
  st.global.b64 [%to], %d64;
  st.global.b32 [%to+8], %d;
  st.global.b16 [%to+12], %d16;
  selp.b32 %bit, 1, 0, %p; st.global.b8 [%to+16], %bit;
  selp.b32 %bit, 1, 0, %q; st.global.b8 [%to+17], %bit;
  ret;
}
)";
  return text;
}

std::vector<Results> evaluate(const std::string &body, std::vector<Operands3> lanes) {
  std::vector<Results> results(lanes.size());
  Launch launch;
  launch.block = {int(lanes.size()), 1, 1};
  launch.arguments = {uint64_t(uintptr_t(lanes.data())), uint64_t(uintptr_t(results.data()))};
  launch.memory = {{reinterpret_cast<uint8_t *>(lanes.data()), lanes.size() * sizeof(Operands3)},
                   {reinterpret_cast<uint8_t *>(results.data()), results.size() * sizeof(Results)}};
  launch.maxInstructions = 100000;
  run(parse(evaluator(body)), "evaluate", launch);
  return results;
}

} // namespace ptx::test
