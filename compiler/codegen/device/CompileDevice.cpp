#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/Pipeline.h"
#include "compiler/codegen/device/FinishOpenCl.h"
#include "compiler/codegen/device/FinishPtx.h"
#include "compiler/codegen/device/Passes.h"
#include "compiler/codegen/device/ReadModule.h"
#include "compiler/codegen/device/SplitKernels.h"

namespace gan {

static Halide::Target halideTarget(DeviceApi api) {
  Halide::Target target("x86-64-linux-no_runtime-no_asserts-no_bounds_query");
  if (api == DeviceApi::OpenCl)
    return target.with_feature(Halide::Target::OpenCL).with_feature(Halide::Target::CLDoubles);
  return target.with_feature(Halide::Target::CUDA).with_feature(Halide::Target::CUDACapability80);
}

/// The limits of a launch that all cards have; a schedule that breaks them is wrong.
static void expectLaunchable(const DeviceCode &code) {
  for (const DeviceLaunch &launch : code.launches) {
    if (launch.block[0] * launch.block[1] * launch.block[2] > 1024)
      throw std::runtime_error(launch.function + ": a block has more than 1024 threads");
    if (launch.grid[1] > 65535 || launch.grid[2] > 65535)
      throw std::runtime_error(launch.function + ": a grid has more than 65535 blocks along y or z");
  }
}

/// Lowers the kernels as one pipeline with many results. The launches then belong to all of them.
static DeviceCode lowered(std::vector<KernelPipeline> &built, DeviceApi api) {
  std::vector<Halide::Func> results;
  std::vector<Halide::Argument> arguments;
  for (KernelPipeline &kernel : built) {
    results.push_back(kernel.out);
    arguments.insert(arguments.end(), kernel.arguments.begin(), kernel.arguments.end());
  }
  ShrinkRegisters shrink;
  SinkBarriers sink;
  PipelineStages pipelined;
  Halide::Pipeline pipeline(results);
  pipeline.add_custom_lowering_pass(&shrink, nullptr);
  pipeline.add_custom_lowering_pass(&sink, nullptr);
  pipeline.add_custom_lowering_pass(&pipelined, nullptr);
  DeviceCode all = deviceCode(pipeline.compile_to_module(arguments, built.front().info.symbol, halideTarget(api)));
  if (!shrink.kept.empty())
    throw std::runtime_error("not in registers: " + shrink.kept.front());
  if (!pipelined.kept.empty())
    throw std::runtime_error("copies cannot overlap with arithmetic in " + pipelined.kept.front());
  return all;
}

/// The kernels as an interface can have them. Wide loads are for CUDA alone: Halide writes no OpenCL text for vectors
/// of some prologues.
static std::vector<ScheduledKernel> possible(std::vector<ScheduledKernel> kernels, DeviceApi api) {
  for (ScheduledKernel &kernel : kernels)
    kernel.schedule.wide = kernel.schedule.wide && api == DeviceApi::Cuda;
  return kernels;
}

bool compileDeviceKernels(const std::vector<ScheduledKernel> &kernels, DeviceApi api, const std::string &architecture,
                          std::vector<DeviceCode> &codes, std::string &error) {
  return withPipelines(possible(kernels, api), error, [&](std::vector<KernelPipeline> &built) {
    DeviceCode all = lowered(built, api);
    std::vector<KernelInfo> infos;
    for (const KernelPipeline &kernel : built)
      infos.push_back(kernel.info);
    codes = splitKernels(all, infos, api == DeviceApi::Cuda);
    for (DeviceCode &code : codes) {
      if (api == DeviceApi::Cuda)
        finishPtx(code, architecture);
      else
        finishOpenCl(code);
      expectLaunchable(code);
    }
  });
}

} // namespace gan
