// Tests logarithms and exponentials in the form in which papers write them. After simplification their values and
// gradients are right where the formula as written would overflow or take the logarithm of a number rounded to 0.
#include "compiler/passes/Passes.h"
#include "tests/ops/Cases.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;

namespace gan::test {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }

using Function = double (*)(double x, double y);

struct Formula {
  const char *name, *text;
  Function value, gradient; ///< the gradient is with respect to x
};

/// In the text, %x and %y are the operands, %one is 1 everywhere, T is their type, and %r is the result.
const std::vector<Formula> formulas = {
    {"LogOnePlusExp", "%e = gan.exp %x : T\n%s = gan.add %one, %e : T\n%r = gan.log %s : T\n",
     [](double x, double) { return softplus(x); }, [](double x, double) { return sigmoid(x); }},
    {"LogExpPlusOne", "%e = gan.exp %x : T\n%s = gan.add %e, %one : T\n%r = gan.log %s : T\n",
     [](double x, double) { return softplus(x); }, [](double x, double) { return sigmoid(x); }},
    {"LogThreePlusExp",
     "%t = gan.constant 3.0 : T\n%e = gan.exp %x : T\n%s = gan.add %t, %e : T\n%r = gan.log %s : T\n",
     [](double x, double) { return std::log(3) + softplus(x - std::log(3)); },
     [](double x, double) { return sigmoid(x - std::log(3)); }},
    {"LogExpPlusExp", "%e = gan.exp %x : T\n%f = gan.exp %y : T\n%s = gan.add %e, %f : T\n%r = gan.log %s : T\n",
     [](double x, double y) { return y + softplus(x - y); }, [](double x, double y) { return sigmoid(x - y); }},
    {"LogOneMinusSigmoid", "%p = gan.sigmoid %x : T\n%s = gan.sub %one, %p : T\n%r = gan.log %s : T\n",
     [](double x, double) { return -softplus(x); }, [](double x, double) { return -sigmoid(x); }},
    {"LogSigmoid", "%p = gan.sigmoid %x : T\n%r = gan.log %p : T\n", [](double x, double) { return -softplus(-x); },
     [](double x, double) { return sigmoid(-x); }},
    {"LogExp", "%p = gan.exp %x : T\n%r = gan.log %p : T\n", [](double x, double) { return x; },
     [](double, double) { return 1.0; }},
    {"LogProductOfProbabilities",
     "%p = gan.sigmoid %x : T\n%q = gan.sigmoid %y : T\n%s = gan.mul %p, %q : T\n%r = gan.log %s : T\n",
     [](double x, double y) { return -softplus(-x) - softplus(-y); }, [](double x, double) { return sigmoid(-x); }},
    {"SigmoidWrittenOut",
     "%n = gan.neg %x : T\n%e = gan.exp %n : T\n%s = gan.add %one, %e : T\n%r = gan.div %one, %s : T\n",
     [](double x, double) { return sigmoid(x); }, [](double x, double) { return sigmoid(x) * sigmoid(-x); }},
    {"SoftmaxOfTwo", "%e = gan.exp %x : T\n%f = gan.exp %y : T\n%s = gan.add %e, %f : T\n%r = gan.div %e, %s : T\n",
     [](double x, double y) { return sigmoid(x - y); },
     [](double x, double y) { return sigmoid(x - y) * sigmoid(y - x); }},
    {"LogSumExp",
     "%c = gan.concat %x, %y along 0 : (T, T) -> tensor<26xf32>\n%m = gan.reshape %c : (tensor<26xf32>) -> "
     "tensor<2x13xf32>\n%e = gan.exp %m : tensor<2x13xf32>\n%r = gan.reduce_sum %e over [0] : (tensor<2x13xf32>) -> "
     "T\n%l = gan.log %r : T\n",
     [](double x, double y) { return y + softplus(x - y); }, [](double x, double y) { return sigmoid(x - y); }},
};

class StableForms : public testing::TestWithParam<Formula> {};

TEST_P(StableForms, HaveRightValuesAndGradients) {
  const Formula &formula = GetParam();
  std::vector<double> xs, ys;
  for (double v : {-3000.0, -200.0, -90.0, -20.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 20.0, 90.0, 200.0, 3000.0}) {
    xs.push_back(v);
    ys.push_back(v / 2 - 1);
  }
  std::string body = formula.text, t = "tensor<13xf32>";
  for (size_t at; (at = body.find("T\n")) != std::string::npos;)
    body.replace(at, 1, t);
  for (size_t at; (at = body.find("(T, T)")) != std::string::npos;)
    body.replace(at, 6, "(" + t + ", " + t + ")");
  std::string result = body.find("%l =") == std::string::npos ? "%r" : "%l";
  std::string text = "gan.graph evaluate {\n%x = gan.read \"x\" : " + t + "\n%y = gan.read \"y\" : " + t +
                     "\n%one = gan.constant 1.0 : " + t + "\n" + body + "%sum = gan.reduce_sum " + result +
                     " over [0] : (" + t + ") -> tensor<f32>\n%g = gan.gradient %sum wrt %x : (tensor<f32>, " + t +
                     ") -> (" + t + ")\ngan.observe value \"v\" step -1, " + result + " : " + t +
                     "\ngan.observe value \"g\" step -1, %g : " + t + "\n}\n";
  MLIRContext context;
  context.loadDialect<GanDialect>();
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  PassManager manager(&context);
  manager.addPass(createSimplify());
  manager.addPass(createDifferentiate());
  manager.addPass(createSimplify());
  ASSERT_TRUE(succeeded(manager.run(*module)));
  Interpreter reference;
  reference.states["x"] = {{13}, xs};
  reference.states["y"] = {{13}, ys};
  reference.run(*module->getOps<GraphOp>().begin());
  for (size_t i = 0; i < xs.size(); ++i) {
    double value = formula.value(xs[i], ys[i]), gradient = formula.gradient(xs[i], ys[i]);
    EXPECT_NEAR(reference.observed["v"].data[i], value, 1e-9 * (1 + std::abs(value))) << "value at " << xs[i];
    EXPECT_NEAR(reference.observed["g"].data[i], gradient, 1e-9) << "gradient at " << xs[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, StableForms, testing::ValuesIn(formulas),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gan::test
