// The processors that kernels are built for: the rows of runtime/targets.def as the compiler needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gan {

struct Architecture {
  const char *name;     ///< "arm64": the folder of its runtime library
  const char *compiler; ///< "aarch64-linux-gnu-gcc": links for it on machines of another architecture
  const char *halide;   ///< Halide's target string without features
  bool own;             ///< whether it is that of this machine
};

/// One row of --target.
struct KernelTarget {
  std::string name;        ///< never "host", but the level of the host
  std::string halide;      ///< Halide's target string
  std::string cpuFeatures; ///< features that the machine must have: "avx2 fma f16c"
  int64_t lanes, registers;
  Architecture architecture;
};

/// The target of a name; "host" is the best that this machine can run. Returns nothing for an unknown name.
std::optional<KernelTarget> kernelTarget(const std::string &name);

/// All names, separated by ", ".
std::string targetNames();

} // namespace gan
