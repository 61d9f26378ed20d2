#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/Pipeline.h"
#include "compiler/codegen/device/FinishOpenCl.h"
#include "compiler/codegen/device/FinishPtx.h"
#include "compiler/codegen/device/Passes.h"
#include "compiler/codegen/device/ReadModule.h"

#include <algorithm>

namespace gan {

static Halide::Target halideTarget(DeviceApi api) {
  Halide::Target target("x86-64-linux-no_runtime-no_asserts-no_bounds_query");
  if (api == DeviceApi::OpenCl)
    return target.with_feature(Halide::Target::OpenCL).with_feature(Halide::Target::CLDoubles);
  return target.with_feature(Halide::Target::CUDA).with_feature(Halide::Target::CUDACapability80);
}

/// Halide numbers the functions of all that it compiles. Each gets a name that depends on its kernel alone, so that
/// the functions of all kernels can stand in one text, and a profiler's names lead back to `emit --stage device`.
static void nameFunctions(DeviceCode &code, const std::string &symbol) {
  std::vector<std::pair<std::string, std::string>> names;
  for (DeviceLaunch &launch : code.launches) {
    names.emplace_back(launch.function, symbol + "_" + std::to_string(names.size()));
    launch.function = names.back().second;
  }
  std::sort(names.begin(), names.end(), // a name may begin with another one
            [](const auto &a, const auto &b) { return a.first.size() > b.first.size(); });
  for (const auto &[old, fresh] : names)
    for (size_t at = 0; (at = code.text.find(old, at)) != std::string::npos; at += fresh.size())
      code.text.replace(at, old.size(), fresh);
}

bool compileDeviceKernel(const std::string &moduleText, const Schedule &schedule, DeviceApi api,
                         const std::string &architecture, DeviceCode &code, std::string &error) {
  return withPipeline(moduleText, schedule, error, [&](KernelPipeline &built) {
    ShrinkRegisters shrink;
    SinkBarriers sink;
    Halide::Pipeline pipeline(built.out);
    pipeline.add_custom_lowering_pass(&shrink, nullptr);
    pipeline.add_custom_lowering_pass(&sink, nullptr);
    code = deviceCode(pipeline.compile_to_module(built.arguments, built.info.symbol, halideTarget(api)));
    nameFunctions(code, built.info.symbol);
    if (api == DeviceApi::Cuda)
      finishPtx(code, architecture);
    else
      finishOpenCl(code);
    if (!shrink.kept.empty())
      throw std::runtime_error("not in registers: " + shrink.kept.front());
  });
}

} // namespace gan
