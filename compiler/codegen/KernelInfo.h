// What a program's tables say of one compiled kernel. Filled by codegen, printed by EmitProgram.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gan {

/// One buffer of a kernel: dense, extents innermost first. Operands come first, then results.
struct KernelArg {
  std::string dtype; ///< "f32", "f64", "u8", "u32"
  std::vector<int64_t> extents;
  bool written = false;
};

struct KernelInfo {
  std::string symbol; ///< "k_<hash of the signature>"
  std::string anchor; ///< "matmul", "map", ...
  std::vector<KernelArg> args;
  double flops = 0, bytes = 0; ///< of one call
};

} // namespace gan
