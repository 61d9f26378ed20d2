// What a program's tables say about one compiled kernel. Codegen fills it in, EmitProgram prints it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gan {

/// One buffer of a kernel. It is dense, and the extents are listed innermost first. Operands come first, then results.
struct KernelArg {
  std::string dtype; ///< "f32", "f64", "u8", "u32"
  std::vector<int64_t> extents;
  bool written = false;
};

struct KernelInfo {
  std::string symbol; ///< "k_<hash of the signature>"
  std::string anchor; ///< "matmul", "map", ...
  std::vector<KernelArg> args;
  double flops = 0, bytes = 0; ///< cost of one call
};

} // namespace gan
