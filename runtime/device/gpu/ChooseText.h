// A kernel that belongs to the runtime: it takes one of several values of a number, by how many updates were done,
// which only the GPU knows in the middle of an iteration (`when`). The host evaluates the number for every count that
// is possible, so that it has the bytes that the host would have given it.
#pragma once

namespace ganrt {

constexpr const char *chooseName = "ganc_choose";

/// `count` points to the count, `table` to the count that its first value is for and then the values, and `number` to
/// where the value is written; all are f64.
constexpr const char *choosePtx = R"(.version 7.0
.target sm_70
.address_size 64
.visible .entry ganc_choose(.param .u64 count, .param .u64 table, .param .u64 number)
.maxntid 1, 1, 1
{
  .reg .b32 %index;
  .reg .b64 %count, %table, %number, %done, %first, %value;
  ld.param.u64 %count, [count];
  ld.param.u64 %table, [table];
  ld.param.u64 %number, [number];
  ld.global.f64 %done, [%count];
  ld.global.f64 %first, [%table];
  sub.f64 %done, %done, %first;
  cvt.rzi.u32.f64 %index, %done;
  mul.wide.u32 %value, %index, 8;
  add.u64 %table, %table, %value;
  ld.global.f64 %value, [%table+8];
  st.global.f64 [%number], %value;
  ret;
}
)";

/// The same with the arguments that GAN_GIVEN_ARGUMENT describes.
constexpr const char *chooseOpenCl = R"(#pragma OPENCL EXTENSION cl_khr_fp64 : enable
__kernel void ganc_choose(__global const uchar *count, ulong count_at, __global const uchar *table, ulong table_at,
                          __global uchar *number, ulong number_at, __local uchar *unused) {
  double done = *(__global const double *)(count + count_at);
  __global const double *values = (__global const double *)(table + table_at);
  *(__global double *)(number + number_at) = values[1 + (uint)(done - values[0])];
}
)";

} // namespace ganrt
