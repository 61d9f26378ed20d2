// A kernel that belongs to the runtime, as OpenCL C: it tells whether floats are finite, so that the state need not be
// copied to the host for that.
#pragma once

namespace ganrt::opencl {

/// Groups of `finiteBlock` work items each, and as many results as there are work items: each sets its own to 1 if it
/// finds a float of which all bits of the exponent are set, and else leaves it. So no two write to the same place.
constexpr unsigned finiteGroups = 64, finiteBlock = 128, finiteResults = finiteGroups * finiteBlock;

constexpr const char *finiteName = "ganc_finite";

/// `memory` and `at`, a multiple of 4 bytes, are where the floats start, and `count` is how many there are.
constexpr const char *finiteText = R"(
__kernel void ganc_finite(__global const uint *memory, ulong at, ulong count, __global uint *results) {
  __global const uint *bits = memory + at / 4;
  uint found = 0;
  for (ulong i = get_global_id(0); i < count; i += get_global_size(0))
    found |= (bits[i] & 0x7f800000u) == 0x7f800000u;
  if (found)
    results[get_global_id(0)] = 1;
}
)";

} // namespace ganrt::opencl
