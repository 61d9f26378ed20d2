// Compares every gradient, and the gradient of the gradient, with central differences of the naive reference in double.
#include "compiler/passes/Passes.h"
#include "runtime/program/Random.h"
#include "tests/ops/Cases.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <cmath>
#include <gtest/gtest.h>
#include <set>

using namespace mlir;

namespace gan::test {
namespace {

std::string allDims(size_t rank) {
  std::string text;
  for (size_t d = 0; d < rank; ++d)
    text += (d ? ", " : "") + std::to_string(d);
  return "[" + text + "]";
}

/// Text that sets %name to the sum of %value times the state `weight`.
std::string weightedSum(const std::string &name, const std::string &value, const std::string &weight,
                        const std::vector<int64_t> &shape) {
  std::string t = shapeText(shape);
  std::string text = "%w_" + name + " = gan.read \"" + weight + "\" : " + t + "\n%m_" + name + " = gan.mul %w_" + name +
                     ", " + value + " : " + t + "\n";
  return text + "%" + name + " = gan.reduce_sum %m_" + name + " over " + allDims(shape.size()) + " : (" + t +
         ") -> tensor<f32>\n";
}

/// A module that computes f = sum(w * op(a..)) and its gradients g0.., then s = sum(v0 * g0) + .. and its gradients
/// h0...
std::string gradientModule(const OpCase &c) {
  std::string text = "gan.graph evaluate {\n", wrt, types, results;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    std::string n = std::to_string(i), comma = i ? ", " : "";
    text += "%a" + n + " = gan.read \"a" + n + "\" : " + shapeText(c.operands[i]) + "\n";
    wrt += comma + "%a" + n;
    types += comma + shapeText(c.operands[i]);
  }
  text += opText(c) + weightedSum("f", "%r", "w", c.result);
  std::string signature = " : (tensor<f32>, " + types + ") -> (" + types + ")\n",
              count = ":" + std::to_string(c.operands.size());
  text += "%g" + count + " = gan.gradient %f wrt " + wrt + signature;
  std::string total;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    std::string n = std::to_string(i);
    text += weightedSum("s" + n, "%g#" + n, "v" + n, c.operands[i]);
    if (i)
      text += "%t" + n + " = gan.add " + total + ", %s" + n + " : tensor<f32>\n";
    total = (i ? "%t" : "%s") + n;
    text += "gan.observe value \"g" + n + "\" step -1, %g#" + n + " : " + shapeText(c.operands[i]) + "\n";
  }
  text += "%h" + count + " = gan.gradient " + total + " wrt " + wrt + signature;
  for (size_t i = 0; i < c.operands.size(); ++i)
    text += "gan.observe value \"h" + std::to_string(i) + "\" step -1, %h#" + std::to_string(i) + " : " +
            shapeText(c.operands[i]) + "\n";
  return text + "gan.observe value \"f\" step -1, %f : tensor<f32>\ngan.observe value \"s\" step -1, " + total +
         " : tensor<f32>\n}\n";
}

Array randomLike(const std::vector<int64_t> &shape, const std::string &purpose) {
  Array a = Array::zeros(shape);
  for (size_t i = 0; i < a.data.size(); ++i)
    a.data[i] = 2 * ganrt::uniformAt(ganrt::drawKey(6, purpose), i) - 1;
  return a;
}

class Gradient : public testing::TestWithParam<OpCase> {};

TEST_P(Gradient, FirstAndSecondOrderAgreeWithCentralDifferences) {
  const OpCase &c = GetParam();
  MLIRContext context;
  context.loadDialect<GanDialect>();
  auto module = parseSourceString<ModuleOp>(gradientModule(c), &context);
  ASSERT_TRUE(module);
  PassManager manager(&context);
  manager.addPass(createDifferentiate());
  ASSERT_TRUE(succeeded(manager.run(*module)));
  Interpreter reference;
  std::vector<Array> operands = operandValues(c, 5);
  for (size_t i = 0; i < operands.size(); ++i) {
    reference.states["a" + std::to_string(i)] = operands[i];
    reference.states["v" + std::to_string(i)] = randomLike(c.operands[i], "v" + std::to_string(i));
  }
  reference.states["w"] = randomLike(c.result, "w");
  GraphOp graph = *module->getOps<GraphOp>().begin();
  reference.run(graph);
  auto observed = reference.observed;
  double size[2] = {0, 0};
  // Tests up to about forty elements of each operand, spread over it.
  for (size_t i = 0; i < operands.size(); ++i)
    for (size_t k = 0; k < operands[i].data.size(); k += 1 + operands[i].data.size() / 40) {
      double step = 1e-4, f[2], s[2];
      for (int side = 0; side < 2; ++side) {
        reference.states["a" + std::to_string(i)].data[k] = operands[i].data[k] + (side ? step : -step);
        reference.run(graph);
        f[side] = reference.observed["f"].data[0], s[side] = reference.observed["s"].data[0];
      }
      reference.states["a" + std::to_string(i)].data[k] = operands[i].data[k];
      double g = observed["g" + std::to_string(i)].data[k], h = observed["h" + std::to_string(i)].data[k];
      ASSERT_NEAR(g, (f[1] - f[0]) / (2 * step), 1e-5 * (1 + std::abs(g))) << "operand " << i << " at " << k;
      ASSERT_NEAR(h, (s[1] - s[0]) / (2 * step), 1e-4 * (1 + std::abs(h)))
          << "second order, operand " << i << " at " << k;
      size[0] += std::abs(g), size[1] += std::abs(h);
    }
  EXPECT_GT(size[0], 0) << "the gradient is zero everywhere";
  EXPECT_EQ(size[1] > 0, !c.linear) << "second order";
}

std::vector<OpCase> differentiable() {
  std::vector<OpCase> list;
  for (const OpCase &c : opCases())
    if (c.differentiable)
      list.push_back(c);
  return list;
}
std::string caseName(const testing::TestParamInfo<OpCase> &info) {
  return info.param.op + "_" + std::to_string(info.index);
}
INSTANTIATE_TEST_SUITE_P(Ops, Gradient, testing::ValuesIn(differentiable()), caseName);

TEST(Coverage, EveryDifferentiableOperationHasACheck) {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  std::set<std::string> cases;
  for (const OpCase &c : differentiable())
    cases.insert(c.op);
  for (RegisteredOperationName name : context.getRegisteredOperationsByDialect("gan"))
    if (name.hasInterface<DifferentiableOpInterface>()) {
      bool flat = name.stripDialect() == "gt" || name.stripDialect() == "eq"; // step functions have no gradient
      EXPECT_TRUE(flat || cases.count(name.stripDialect().str())) << name.getStringRef().str();
    }
}

} // namespace
} // namespace gan::test
