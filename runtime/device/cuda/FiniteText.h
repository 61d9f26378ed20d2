// A kernel that belongs to the runtime, as PTX: it tells whether floats are finite, so that the state need not be
// copied to the host for that. The driver compiles it when it is first needed.
#pragma once

namespace ganrt::cuda {

/// Blocks of `finiteThreads` threads each, and as many results as they have warps: a warp sets its own to 1 if it finds
/// a float of which all bits of the exponent are set, and else leaves it. So no two threads write to the same place.
constexpr unsigned finiteBlocks = 128, finiteThreads = 256, finiteResults = finiteBlocks * finiteThreads / 32;

constexpr const char *finiteText = R"(.version 7.0
.target sm_70
.address_size 64
.visible .entry ganc_finite(.param .u64 memory, .param .u64 count, .param .u64 results)
.maxntid 256, 1, 1
{
  .reg .pred %last, %first, %broken, %any;
  .reg .b32 %thread, %block, %stride, %value, %found;
  .reg .b64 %memory, %count, %results, %at, %step, %place;
  ld.param.u64 %memory, [memory];
  ld.param.u64 %count, [count];
  ld.param.u64 %results, [results];
  mov.u32 %thread, %tid.x;
  mov.u32 %block, %ctaid.x;
  mad.lo.u32 %value, %block, 256, %thread;
  cvt.u64.u32 %at, %value;
  mov.u32 %stride, %nctaid.x;
  mul.lo.u32 %stride, %stride, 256;
  cvt.u64.u32 %step, %stride;
  shr.u32 %value, %value, 5;
  mul.wide.u32 %place, %value, 4;
  add.u64 %results, %results, %place;
  mov.u32 %found, 0;
$next:
  setp.ge.u64 %last, %at, %count;
  @%last bra $end;
  shl.b64 %place, %at, 2;
  add.u64 %place, %memory, %place;
  ld.global.u32 %value, [%place];
  and.b32 %value, %value, 2139095040;
  setp.eq.u32 %broken, %value, 2139095040;
  selp.u32 %value, 1, 0, %broken;
  or.b32 %found, %found, %value;
  add.u64 %at, %at, %step;
  bra $next;
$end:
  setp.ne.u32 %broken, %found, 0;
  vote.sync.any.pred %any, %broken, -1;
  and.b32 %thread, %thread, 31;
  setp.eq.u32 %first, %thread, 0;
  and.pred %first, %first, %any;
  @%first st.global.u32 [%results], 1;
  ret;
}
)";

} // namespace ganrt::cuda
