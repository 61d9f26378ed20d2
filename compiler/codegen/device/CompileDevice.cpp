#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/Pipeline.h"
#include "compiler/codegen/device/FinishOpenCl.h"
#include "compiler/codegen/device/FinishPtx.h"
#include "compiler/codegen/device/Passes.h"
#include "compiler/codegen/device/ReadModule.h"

namespace gan {

static Halide::Target halideTarget(DeviceApi api) {
  Halide::Target target("x86-64-linux-no_runtime-no_asserts-no_bounds_query");
  if (api == DeviceApi::OpenCl)
    return target.with_feature(Halide::Target::OpenCL).with_feature(Halide::Target::CLDoubles);
  return target.with_feature(Halide::Target::CUDA).with_feature(Halide::Target::CUDACapability80);
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
    if (api == DeviceApi::Cuda)
      finishPtx(code, architecture);
    else
      finishOpenCl(code);
    if (!shrink.kept.empty())
      throw std::runtime_error("not in registers: " + shrink.kept.front());
  });
}

} // namespace gan
