#include "compiler/codegen/Target.h"
#include "compiler/codegen/kernels/Kernels.h"

namespace gan {
namespace {

std::vector<KernelTarget> allTargets() {
#define GAN_ARCHITECTURE(id, name, compiler, halide)                                                                   \
  const Architecture id{name, compiler, halide, Halide::Target(halide).arch == Halide::get_host_target().arch};
#include "runtime/targets.def"
  return {
#define GAN_LEVEL(architecture, name, halide, features, lanes, registers)                                              \
  {name, halide, features, lanes, registers, architecture},
#include "runtime/targets.def"
  };
}

/// Whether a machine has all features of a level.
bool runs(const Halide::Target &machine, const KernelTarget &level) {
  Halide::Target needed(level.halide);
  for (int f = 0; f < Halide::Target::FeatureEnd; ++f)
    if (auto feature = Halide::Target::Feature(f); needed.has_feature(feature) && !machine.has_feature(feature))
      return false;
  return needed.arch == machine.arch;
}

} // namespace

std::optional<KernelTarget> kernelTarget(const std::string &name) {
  Halide::Target host = Halide::get_host_target();
  for (const KernelTarget &level : allTargets())
    if (name == "host" ? runs(host, level) : level.name == name)
      return level;
  return std::nullopt;
}

std::string targetNames() {
  std::string names = "host";
  for (const KernelTarget &level : allTargets())
    names += ", " + level.name;
  return names;
}

} // namespace gan
