#include "tests/ops/KernelCase.h"

#include "mlir/Parser/Parser.h"
#include <cmath>

using namespace mlir;

namespace gan::test {

/// A graph with one kernel that reads a0, a1, .. and computes only this operation.
static std::string kernelModule(const OpCase &c) {
  std::string reads, names, arguments, types;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    std::string n = std::to_string(i), t = shapeText(c.operands[i]), comma = i ? ", " : "";
    reads += "%s" + n + " = gan.read \"a" + n + "\" : " + t + "\n";
    names += comma + "%s" + n;
    arguments += comma + "%a" + n + ": " + t;
    types += comma + t;
  }
  std::string t = shapeText(c.result);
  return "gan.graph evaluate {\n" + reads + "%k = \"gan.kernel\"(" + names + ") ({\n^bb0(" + arguments + "):\n" +
         opText(c) + "\"gan.yield\"(%r) : (" + t + ") -> ()\n}) {label = \"t\"} : (" + types + ") -> " + t + "\n}\n";
}

KernelCase::KernelCase(const OpCase &c) : operands(operandValues(c, 5)) {
  context.loadDialect<GanDialect>();
  module = parseSourceString<ModuleOp>(kernelModule(c), &context);
  if (!module)
    throw std::runtime_error("the graph of a case does not parse");
  if (c.op == "one_hot")
    for (size_t i = 0; i < operands[0].data.size(); ++i)
      operands[0].data[i] = double(i % 3);
  module->walk([&](KernelOp kernel) {
    expected = Interpreter().runKernel(kernel, operands)[0];
    canonical = canonicalKernel(kernel);
  });
}

std::vector<std::vector<float>> KernelCase::memory() const {
  std::vector<std::vector<float>> memory;
  for (const Array &a : operands)
    memory.emplace_back(a.data.begin(), a.data.end());
  memory.emplace_back(expected.data.size(), NAN);
  return memory;
}

/// The largest value, and at least 1.
static double scaleOf(const Array &expected) {
  double scale = 1;
  for (double v : expected.data)
    scale = std::max(scale, std::abs(v));
  return scale;
}

void KernelCase::expectResult(const std::vector<float> &result, double limit) const {
  ASSERT_EQ(result.size(), expected.data.size());
  double near = limit * scaleOf(expected);
  for (size_t i = 0; i < expected.data.size(); ++i)
    ASSERT_NEAR(result[i], expected.data[i], near) << "at " << i;
}

bool KernelCase::agrees(const std::vector<float> &result) const {
  double near = singlePrecision * scaleOf(expected);
  for (size_t i = 0; i < expected.data.size(); ++i)
    if (!(std::abs(result[i] - expected.data[i]) <= near))
      return false;
  return result.size() == expected.data.size();
}

std::string caseName(const testing::TestParamInfo<OpCase> &info) {
  return info.param.op + "_" + std::to_string(info.index);
}

} // namespace gan::test
