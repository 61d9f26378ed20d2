// Compares the GPU's kernel of every operation, under several schedules, with the naive reference.
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/schedules/gpu/Gpu.h"
#include "tests/device/DeviceRun.h"
#include "tests/ops/Cases.h"
#include "tests/ops/KernelText.h"

#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;

namespace gan::test {
namespace {

/// Schedules to try, as texts: tiles that fit the odd sizes of the cases and tiles that do not.
std::vector<std::string> schedulesFor(Anchor anchor) {
  switch (anchor) {
  case Anchor::Reduction:
    return {"v1 gpu_reduction blocks=3 lanes=4 results=8", "v1 gpu_reduction blocks=1 lanes=64 results=2"};
  case Anchor::Contraction:
  case Anchor::Convolution:
    return {"v1 gpu_product rows=1 columns=4 depth=3 row_threads=2 column_threads=5 parts=1",
            "v1 gpu_product rows=3 columns=2 depth=5 row_threads=4 column_threads=4 parts=3"};
  default:
    return {"v1 gpu_map vec=4 threads=64"};
  }
}

struct Way {
  const char *name;
  DeviceTarget target;
  void (*run)(const DeviceCode &, const DeviceMemory &);
};
const Way ways[] = {{"PTX", {DeviceApi::Cuda, "sm_80"}, runOnPtxMachine},
                    {"OpenCL", {DeviceApi::OpenCl, ""}, runOnOpenCl}};

class DeviceKernel : public testing::TestWithParam<OpCase> {};

TEST_P(DeviceKernel, AgreesWithReferenceUnderEverySchedule) {
  const OpCase &c = GetParam();
  MLIRContext context;
  context.loadDialect<GanDialect>();
  auto module = parseSourceString<ModuleOp>(kernelModule(c), &context);
  ASSERT_TRUE(module);
  KernelOp kernel;
  module->walk([&](KernelOp k) { kernel = k; });
  std::vector<Array> operands = kernelOperands(c);
  Array expected = Interpreter().runKernel(kernel, operands)[0];
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  double scale = 1;
  for (double v : expected.data)
    scale = std::max(scale, std::abs(v));
  std::vector<std::string> schedules = schedulesFor(anchorOf(onlyKernel(*canonical)));
  schedules.push_back(printSchedule(gpu::defaultSchedule(onlyKernel(*canonical), gpu::Card())));
  for (size_t s = 0; s < schedules.size(); ++s) {
    // The PTX machine sees more, and PoCL takes long to compile: one schedule in four is run on it, which one differs
    // from case to case.
    const Way &way = ways[(s + expected.data.size()) % 4 ? 0 : 1];
    SCOPED_TRACE(schedules[s] + ", " + way.name);
    std::vector<std::vector<float>> memory;
    for (const Array &a : operands)
      memory.emplace_back(a.data.begin(), a.data.end());
    memory.emplace_back(expected.data.size(), NAN);
    DeviceMemory arguments;
    for (auto &m : memory)
      arguments.emplace_back(reinterpret_cast<uint8_t *>(m.data()), m.size() * sizeof(float));
    std::string error;
    std::optional<Schedule> schedule = parseSchedule(schedules[s], error);
    ASSERT_TRUE(schedule) << error;
    DeviceCode code;
    ASSERT_TRUE(compileDeviceKernel(kernelSignature(*canonical), *schedule, way.target, code, error)) << error;
    way.run(code, arguments);
    for (size_t i = 0; i < expected.data.size(); ++i)
      ASSERT_NEAR(memory.back()[i], expected.data[i], 4e-6 * scale) << "at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, DeviceKernel, testing::ValuesIn(opCases()), caseName);

} // namespace
} // namespace gan::test
