// Compares the gradients of every layer and function of the language with central differences of the naive reference in
// double precision. Operations have checks of their own (tests/ops); here is checked what the importer makes of them:
// attention, norms by styles, relaxed classes, pairs of the batch, densities. Each objective has a gradient penalty, so
// second derivatives are checked too.
#include "compiler/import/ImportModel.h"
#include "compiler/passes/Passes.h"
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "runtime/program/Random.h"
#include "tests/oracles/Neighbours.h"
#include "tests/oracles/RandomModel.h"
#include "tests/reference/Interpreter.h"

#include "mlir/Pass/PassManager.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;

namespace gan::test {
namespace {

/// A model whose training graph runs in the naive reference.
class Subject {
public:
  explicit Subject(const std::string &text) : source("m.gan", text) {
    dsl::Diagnostics diagnostics;
    std::optional<dsl::Model> model = dsl::checkSource(source, diagnostics);
    if (!model)
      return;
    step = model->steps[0].name;
    context.loadDialect<GanDialect>();
    module = importModel(*model, source, context);
    PassManager manager(&context);
    manager.addPass(createDifferentiate());
    EXPECT_TRUE(succeeded(manager.run(*module)));
    module->walk([&](GraphOp g) {
      if (g.getKind() == GraphKind::Train)
        train = g;
    });
    interpreter.scalar = [](const std::string &, double) { return 0.5; };
    module->walk([&](StateOp op) { states[op.getName().str()] = stateValue(op); });
    train.walk([&](InputOp op) { interpreter.inputs[op.getName().str()] = inputValue(op, op.getName().str()); });
    train.walk([&](DrawOp op) { interpreter.inputs[op.getName().str()] = inputValue(op, op.getName().str()); });
  }

  bool accepted() const { return bool(train); }

  /// Compares the gradient of each parameter at a few elements. Returns the sum of their magnitudes.
  double compare() {
    double size = 0;
    run();
    auto observed = interpreter.observed;
    module->walk([&](StateOp op) {
      if (op.getRole() != Role::Parameter)
        return;
      Array &packed = states.at(op.getName().str());
      for (auto field : op.getFields().getAsRange<FieldAttr>()) {
        const Array &gradient = observed.at("grad." + step + "." + field.getName().str());
        for (size_t i = 0; i < 3 && i < gradient.data.size(); ++i) {
          size_t element = gradient.data.size() * (2 * i + 1) / 6;
          double g = gradient.data[element];
          double difference = slope(packed.data[size_t(field.getOffset()) + element]);
          EXPECT_NEAR(g, difference, 2e-5 * (1 + std::abs(g))) << field.getName().str() << " at " << element;
          size += std::abs(g);
        }
      }
    });
    return size;
  }

private:
  Array randomLike(Tensor type, const std::string &purpose) {
    Array a = Array::zeros(type.getShape());
    for (size_t i = 0; i < a.data.size(); ++i)
      a.data[i] = ganrt::uniformAt(ganrt::drawKey(8, purpose), i);
    return a;
  }

  Array stateValue(StateOp op) {
    Array a = randomLike(cast<Tensor>(op.getType()), op.getName().str());
    bool centred = op.getRole() == Role::Parameter || op.getName().ends_with("_u") || op.getName().ends_with("_v");
    for (double &v : a.data)
      v = centred ? 1.2 * (v - 0.5) : v + 0.5;
    return a;
  }

  /// Numbers of (0, 1); classes and masks are 0 or 1.
  Array inputValue(Operation *op, const std::string &name) {
    Array a = randomLike(tensorOf(op->getResult(0)), name);
    bool label = name == "y", mask = name.find(".mask") != std::string::npos;
    size_t classes = a.shape.size() == 2 ? size_t(a.shape[1]) : 1;
    std::vector<double> u = a.data;
    for (size_t i = 0; i < a.data.size(); ++i)
      a.data[i] = label  ? size_t(u[i / classes * classes] * double(classes)) == i % classes
                  : mask ? u[i] < 0.6
                         : 0.02 + 0.96 * u[i];
    return a;
  }

  void run() {
    interpreter.states = states;
    interpreter.run(train);
  }

  double slope(double &parameter) {
    double change = 2e-6, before = parameter, f[2];
    for (int side = 0; side < 2; ++side) {
      parameter = before + (side ? change : -change);
      run();
      f[side] = interpreter.observed.at("loss.S").data[0];
    }
    parameter = before;
    return (f[1] - f[0]) / (2 * change);
  }

  dsl::Source source;
  std::string step; ///< its name, which is part of the names of gradients
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  GraphOp train;
  Interpreter interpreter;
  std::map<std::string, Array> states;
};

const std::string data = "data x: image(4, 4, 4) in [0, 1]\ndata y: categorical(3)\n";

std::string training(const std::string &blocks, const std::string &objective) {
  return "train {\n    batch 4\n    const lambda = 0.5\n    step " + blocks +
         " with sgd(lr 0.1) {\n        S: minimize " + objective + "\n    }\n}\n";
}

class LayerGradients : public testing::TestWithParam<std::string> {};

/// A block with the layer in the middle, between layers that have parameters; "" if it fits nowhere.
std::string modelWith(const std::string &form) {
  for (const char *start : {"conv 4, kernel 1 ; tanh", "flatten ; linear 16 ; tanh"})
    for (const char *end : {"linear 2", "flatten ; linear 2"}) {
      std::string text = "model m\n" + data + "encoder A(x, y) -> vector(2) {\n    take x ; s: " + start +
                         "\n    p: " + withLabel(form, "s") + "\n    " + end + "\n}\n" +
                         training("A", "sum(square(A(x, y) - 0.3)) + 0.1 * square(norm(grad(sum(tanh(A(x, y))), x)) - "
                                       "1)");
      dsl::Source source("m.gan", text);
      dsl::Diagnostics diagnostics;
      if (dsl::checkSource(source, diagnostics))
        return text;
    }
  return "";
}

TEST_P(LayerGradients, AgreeWithCentralDifferences) {
  for (const std::string &form : layerTexts().at(GetParam())) {
    if (form.find("spectral") != std::string::npos) // its vectors follow the weight, and count as constant
      continue;
    std::string text = modelWith(form);
    ASSERT_FALSE(text.empty()) << form;
    SCOPED_TRACE(text);
    EXPECT_GT(Subject(text).compare(), 1e-3);
  }
}

std::vector<std::string> layers() {
  std::vector<std::string> all;
  for (const dsl::LayerRow &row : dsl::layerRows())
    all.emplace_back(row.spelling);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Oracles, LayerGradients, testing::ValuesIn(layers()),
                         [](const auto &info) { return info.param; });

class FunctionGradients : public testing::TestWithParam<std::string> {};

TEST_P(FunctionGradients, AgreeWithCentralDifferences) {
  for (std::string expression : functionTexts().at(GetParam())) {
    // What is defined not to be the derivative: constants for the gradient, and straight-through classes.
    if (expression.find("stop(") != std::string::npos || expression.find("hard on") != std::string::npos)
      continue;
    for (size_t at; (at = expression.find('@')) != std::string::npos;)
      expression.replace(at, 1, "A(x, y)");
    std::string text =
                    "model m\n" + data +
                    "latent w: logistic(2)\nencoder A(x, y) -> vector(2) {\n    take x ; flatten ; linear 3 ; tanh ; "
                    "linear\n}\n",
                blocks = "A", objective = "0.1 * sum(square(A(x, y) - 0.2)) + " + expression;
    for (const RandomPart &part : randomParts())
      text += part.text, blocks += ", " + part.blocks, objective += " + " + part.objective;
    text += training(blocks, objective);
    SCOPED_TRACE(text);
    Subject subject(text);
    ASSERT_TRUE(subject.accepted());
    EXPECT_GT(subject.compare(), 1e-3);
  }
}

std::vector<std::string> functions() {
  std::vector<std::string> all;
  for (const dsl::FunctionRow &row : dsl::functionRows())
    all.emplace_back(row.spelling);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Oracles, FunctionGradients, testing::ValuesIn(functions()),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace gan::test
