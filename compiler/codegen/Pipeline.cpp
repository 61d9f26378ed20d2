#include "compiler/codegen/Pipeline.h"
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/Kernels.h"
#include "compiler/codegen/schedules/gpu/Gpu.h"

#include "mlir/Parser/Parser.h"

using namespace mlir;

namespace gan {
namespace {

/// Halide passes warnings to this handler; each warning means that a schedule does not do what it says.
struct ThrowOnWarning : Halide::CompileTimeErrorReporter {
  void warning(const char *message) override { throw std::runtime_error(std::string("warning: ") + message); }
  [[noreturn]] void error(const char *message) override { throw std::runtime_error(message); }
};

/// `extents` is false for every output but the first, because Halide gives them the extents of the first.
void fixBounds(Halide::OutputImageParam param, const KernelArg &arg, bool extents = true) {
  int32_t stride = 1;
  for (size_t d = 0; d < arg.extents.size(); ++d) {
    if (extents)
      param.dim(int(d)).set_bounds(0, int32_t(arg.extents[d]));
    param.dim(int(d)).set_stride(stride);
    stride *= int32_t(arg.extents[d]);
  }
}

template <class Stages> Halide::Func scheduled(Stages stages, const Schedule &schedule) {
  applySchedule(stages, schedule);
  return stages.out;
}

template <class Stages> Halide::Func onGpu(Stages stages, const Schedule &schedule) {
  gpu::applySchedule(stages, schedule);
  return stages.out;
}

/// A convolution with groups is always direct.
Halide::Func convolution(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  Operation *op = anchorOperation(kernel);
  bool weights = isa<ConvWeightGradOp>(op);
  if (schedule.algorithm == Algorithm::Winograd && convGeometry(op).groups == 1)
    return weights ? scheduled(buildWinogradGradient(kernel, evaluator, schedule), schedule)
                   : scheduled(buildWinograd(kernel, evaluator, schedule), schedule);
  return weights ? scheduled(buildWeightGrad(kernel, evaluator, schedule), schedule)
                 : scheduled(buildWindow(kernel, evaluator, schedule), schedule);
}

/// `prefix` tells the inputs of several kernels apart.
KernelPipeline build(KernelOp kernel, const Schedule &schedule, const std::string &prefix) {
  KernelPipeline built;
  built.info = describeKernel(kernel);
  std::vector<Halide::ImageParam> &inputs = built.inputs;
  for (auto [i, argument] : llvm::enumerate(kernel.getBody().getArguments())) {
    Tensor type = cast<Tensor>(argument.getType());
    Halide::ImageParam input(halideType(type.getElementType()), int(type.getRank()), prefix + "in" + std::to_string(i));
    fixBounds(input, built.info.args[i]);
    if (schedule.wide && gpu::isWideOperand(type))
      input.set_host_alignment(gpu::wideAlignment);
    inputs.push_back(input);
    built.arguments.push_back(input);
  }
  Evaluator evaluator(kernel, inputs);
  switch (schedule.anchor) {
  case Anchor::Map:
    built.out = scheduled(buildMap(kernel, evaluator), schedule);
    break;
  case Anchor::Draw:
    built.out = scheduled(buildDraw(kernel, evaluator), schedule);
    break;
  case Anchor::Reduction:
    built.out = scheduled(buildReduction(kernel, evaluator, schedule), schedule);
    break;
  case Anchor::Contraction:
    built.out = scheduled(buildContraction(kernel, evaluator, schedule), schedule);
    break;
  case Anchor::Convolution:
    built.out = convolution(kernel, evaluator, schedule);
    break;
  case Anchor::GpuMap:
    built.out =
        onGpu(anchorOf(kernel) == Anchor::Draw ? buildDraw(kernel, evaluator) : buildMap(kernel, evaluator), schedule);
    break;
  case Anchor::GpuReduction:
    built.out = onGpu(buildReduction(kernel, evaluator, schedule), schedule);
    break;
  case Anchor::GpuProduct:
    built.out = onGpu(buildProduct(kernel, evaluator, schedule), schedule);
    break;
  }
  std::vector<Halide::OutputImageParam> outputs = built.out.output_buffers();
  for (size_t i = 0; i < outputs.size(); ++i)
    fixBounds(outputs[i], built.info.args[inputs.size() + i], i == 0);
  return built;
}

} // namespace

bool withPipelines(const std::vector<ScheduledKernel> &kernels, std::string &error,
                   const std::function<void(std::vector<KernelPipeline> &)> &use) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<GanDialect>();
  ThrowOnWarning reporter;
  Halide::set_custom_compile_time_error_reporter(&reporter);
  try {
    std::vector<KernelPipeline> built;
    for (const ScheduledKernel &kernel : kernels) {
      OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(kernel.moduleText, &context);
      if (!module)
        throw std::runtime_error("the kernel's text does not parse");
      std::string prefix = kernels.size() == 1 ? "" : "k" + std::to_string(built.size()) + "_";
      built.push_back(build(onlyKernel(*module), kernel.schedule, prefix));
    }
    use(built);
  } catch (const std::exception &e) { // Halide::Error and exceptions like it
    error = e.what();
  }
  Halide::set_custom_compile_time_error_reporter(nullptr);
  return error.empty();
}

bool withPipeline(const std::string &moduleText, const Schedule &schedule, std::string &error,
                  const std::function<void(KernelPipeline &)> &use) {
  return withPipelines({{moduleText, schedule}}, error,
                       [&](std::vector<KernelPipeline> &built) { use(built.front()); });
}

} // namespace gan
