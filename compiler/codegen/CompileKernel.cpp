// Compiles Halide pipelines for processors.
#include "compiler/codegen/CompileKernel.h"
#include "compiler/codegen/Pipeline.h"

namespace gan {
namespace {

Halide::Target halideTarget(const KernelTarget &target) {
  Halide::Target t(target.halide);
  return t.with_feature(Halide::Target::NoRuntime)
      .with_feature(Halide::Target::NoAsserts)
      .with_feature(Halide::Target::NoBoundsQuery);
}

} // namespace

bool compileKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                   const std::string &path, std::string &error) {
  return withPipeline(moduleText, schedule, error, [&](KernelPipeline &built) {
    built.out.compile_to_object(path, built.arguments, built.info.symbol, halideTarget(target));
  });
}

bool lowerKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                 const std::string &path, std::string &error) {
  return withPipeline(moduleText, schedule, error, [&](KernelPipeline &built) {
    built.out.compile_to_lowered_stmt(path, built.arguments, Halide::Text, halideTarget(target));
  });
}

bool runKernel(const std::string &moduleText, const Schedule &schedule, const KernelMemory &arguments,
               std::string &error, const std::string &target) {
  return withPipeline(moduleText, schedule, error, [&](KernelPipeline &built) {
    std::vector<Halide::Buffer<>> buffers;
    auto bind = [&](size_t i, Halide::Type type) {
      std::vector<int> sizes(built.info.args[i].extents.begin(), built.info.args[i].extents.end());
      buffers.emplace_back(type, arguments[i], sizes);
    };
    for (size_t i = 0; i < built.inputs.size(); ++i) {
      bind(i, built.inputs[i].type());
      built.inputs[i].set(buffers.back());
    }
    std::vector<Halide::Type> types = built.out.types();
    for (size_t i = 0; i < types.size(); ++i)
      bind(built.inputs.size() + i, types[i]);
    built.out.realize(Halide::Realization(
                          std::vector<Halide::Buffer<>>(buffers.begin() + int64_t(built.inputs.size()), buffers.end())),
                      Halide::Target(kernelTarget(target)->halide));
  });
}

} // namespace gan
