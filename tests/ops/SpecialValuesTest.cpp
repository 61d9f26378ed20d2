// Tests NaN, infinities, zeros, denormal and the largest numbers in every element-wise operation of the dialect, its
// value and its derivatives, under several schedules and vector targets, in reductions, and in operations that follow a
// product. The list of operations is the dialect's own, so that a new one is tested at once.
#include "compiler/codegen/CompileKernel.h"
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/kernels/KernelBody.h"
#include "tests/device/DeviceRun.h"
#include "tests/ops/Cases.h"

#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;

namespace gan::test {
namespace {

constexpr double inf = INFINITY;
constexpr float largest = 3.40282347e38f, smallestNormal = 1.17549435e-38f;

/// A target, and a map schedule for it.
struct Way {
  const char *target, *schedule;
};

/// The ways that this machine can run.
std::vector<Way> ways() {
  static constexpr Way all[] = {{"x86-64", "v2 map vec=4 task=0"},    {"x86-64", "v2 map vec=1 task=0"},
                                {"x86-64-v2", "v2 map vec=4 task=0"}, {"x86-64-v3", "v2 map vec=8 task=64"},
                                {"x86-64-v3", "v2 map vec=4 task=0"}, {"x86-64-v4", "v2 map vec=16 task=0"}};
  std::vector<Way> list;
  for (const Way &way : all)
    if (kernelTarget(way.target)->registers <= kernelTarget("host")->registers &&
        kernelTarget(way.target)->lanes <= kernelTarget("host")->lanes)
      list.push_back(way);
  return list;
}

std::vector<double> specials(size_t arity) {
  if (arity > 2)
    return {NAN, inf, -inf, 0, -0.0, 1e-40, 1, -2, largest};
  return {NAN,  inf,   -inf, 0,   -0.0, 1e-45f, -1e-40f,  smallestNormal, 1e-30,   1,   -1,
          0.3f, -0.7f, 2,    -3,  0.5f, 2.5f,   1e10f,    -1e10f,         20,      -60, 87.5f,
          88.5, 90,    -88,  -95, -110, 1e-8f,  16777217, largest,        -largest};
}

/// All combinations of special values for an operation's operands, and further values for the gradient of its result.
std::vector<std::vector<float>> combinations(size_t arity, const std::vector<double> &gradients) {
  std::vector<std::vector<float>> columns(arity + 1);
  std::vector<double> values = specials(arity);
  size_t count = gradients.size();
  for (size_t i = 0; i < arity; ++i)
    count *= values.size();
  for (size_t n = 0; n < count; ++n) {
    size_t rest = n;
    for (size_t i = 0; i < arity; ++i, rest /= values.size())
      columns[i].push_back(float(values[rest % values.size()]));
    columns[arity].push_back(float(gradients[rest]));
  }
  return columns;
}

std::string describe(const std::vector<std::vector<float>> &columns, size_t at) {
  std::string text = "of";
  for (const std::vector<float> &column : columns)
    text += " " + std::to_string(column[at]);
  return text + " (the gradient last)";
}

/// A kernel of one operation. Its inputs are the operands and the gradient of the result; its outputs are the result
/// and the gradients of the operands.
class OperationKernel {
public:
  OperationKernel(MLIRContext &context, const std::string &name, size_t arity, size_t count) {
    std::string t = shapeText({int64_t(count)}), reads, names, arguments, types, operands;
    for (size_t i = 0; i <= arity; ++i) {
      std::string n = std::to_string(i), comma = i ? ", " : "";
      reads += "%s" + n + " = gan.read \"a" + n + "\" : " + t + "\n";
      names += comma + "%s" + n;
      arguments += comma + "%a" + n + ": " + t;
      types += comma + t;
      operands += i < arity ? comma + "%a" + n : "";
    }
    std::string text = "gan.graph evaluate {\n" + reads + "%k = \"gan.kernel\"(" + names + ") ({\n^bb0(" + arguments +
                       "):\n%r = \"" + name + "\"(" + operands + ") : (" + types.substr(0, types.rfind(", ")) +
                       ") -> " + t + "\n\"gan.yield\"(%r) : (" + t + ") -> ()\n}) {label = \"t\"} : (" + types +
                       ") -> " + t + "\n}\n";
    module = parseSourceString<ModuleOp>(text, &context);
    if (module)
      addGradients(arity);
  }
  KernelOp kernel() {
    KernelOp found;
    module->walk([&](KernelOp k) { found = k; });
    return found;
  }
  size_t outputs() { return kernel().getNumResults(); }
  explicit operator bool() const { return bool(module); }

private:
  void addGradients(size_t arity) {
    KernelOp old = kernel();
    Block &body = old.getBody().front();
    Operation *op = &body.front(), *yield = body.getTerminator();
    OpBuilder builder(yield);
    SmallVector<Value> results{op->getResult(0)};
    SmallVector<bool> all(arity, true);
    if (auto differentiable = dyn_cast<DifferentiableOpInterface>(op))
      for (Value v : differentiable.buildGradients(builder, body.getArguments().back(), all))
        if (v)
          results.push_back(v);
    yield->setOperands(results);
    builder.setInsertionPoint(old);
    auto full = KernelOp::create(builder, old.getLoc(), ValueRange(results).getTypes(), old->getOperands(),
                                 old.getLabelAttr(), {}, {}, {});
    full.getBody().takeBody(old.getBody());
    old.erase();
  }

  OwningOpRef<ModuleOp> module;
};

/// The kernel's outputs for one combination. Every operation is computed in double precision and rounded to float.
std::vector<float> expectedAt(KernelOp kernel, const std::vector<std::vector<float>> &columns, size_t at) {
  Block &body = kernel.getBody().front();
  llvm::DenseMap<Value, double> known;
  for (auto [argument, column] : llvm::zip(body.getArguments(), columns))
    known[argument] = column[at];
  for (Operation &op : body.without_terminator()) {
    SmallVector<double> operands;
    for (Value v : op.getOperands())
      operands.push_back(known.at(v));
    std::optional<double> v = isElementwise(&op) ? evaluateElementwise(&op, operands) : splatValue(op.getResult(0));
    EXPECT_TRUE(v) << op.getName().getStringRef().str();
    known[op.getResult(0)] = float(v.value_or(0));
  }
  std::vector<float> results;
  for (Value v : body.getTerminator()->getOperands())
    results.push_back(float(known.at(v)));
  return results;
}

/// Whether both are NaN, or the same infinity, or close to each other. A denormal number has fewer digits.
bool agree(float got, float expected, double relative, double absolute) {
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got))
    return got == expected;
  return std::abs(double(got) - expected) <= relative * std::abs(expected) + absolute;
}

std::vector<std::string> elementwiseOperations() {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  std::vector<std::string> names;
  for (RegisteredOperationName name : context.getRegisteredOperationsByDialect("gan"))
    if (name.hasTrait<ElementwiseTrait>())
      names.push_back(name.stripDialect().str());
  return names;
}

class SpecialValues : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    context.loadDialect<GanDialect>();
    for (const OpCase &c : opCases())
      if (c.op == GetParam())
        arity = c.operands.size();
    ASSERT_GT(arity, 0u) << "no case in tests/ops/Cases.cpp";
  }
  /// The kernel's outputs for all combinations.
  static std::vector<std::vector<float>> expectedOf(KernelOp kernel, const std::vector<std::vector<float>> &columns) {
    std::vector<std::vector<float>> expected;
    for (size_t i = 0; i < columns[0].size(); ++i)
      expected.push_back(expectedAt(kernel, columns, i));
    return expected;
  }

  /// Compares what a kernel left in its memory, behind the columns. Values may be off by `least`.
  void expectValues(const std::vector<std::vector<float>> &columns, const std::vector<std::vector<float>> &memory,
                    const std::vector<std::vector<float>> &expected, const std::string &where, double least) const {
    double relative = GetParam() == "pow" ? 2e-5 : 2e-6; // a power consists of a logarithm and an exponential
    int wrong = 0;
    for (size_t o = 0; o < memory.size() - columns.size(); ++o)
      for (size_t i = 0; i < columns[0].size() && wrong < 10; ++i) {
        // Gradients such as g (1 - r) r lose digits by cancellation.
        double absolute = o ? 1e-6 * std::abs(columns[arity][i]) : least;
        float got = memory[columns.size() + o][i];
        bool fine = agree(got, expected[i][o], relative, std::isnan(absolute) ? 0 : absolute);
        EXPECT_TRUE(fine) << GetParam() << (o ? ", gradient" : ", value") << " " << describe(columns, i) << " is "
                          << got << ", not " << expected[i][o] << " for " << where;
        wrong += !fine;
      }
    ASSERT_EQ(wrong, 0);
  }

  MLIRContext context;
  size_t arity = 0;
};

TEST_P(SpecialValues, AreThoseOfDoublePrecisionUnderEveryScheduleAndTarget) {
  std::vector<std::vector<float>> columns = combinations(arity, {1, -2, 0, NAN});
  size_t count = columns[0].size();
  OperationKernel operation(context, "gan." + GetParam(), arity, count);
  ASSERT_TRUE(operation);
  KernelOp kernel = operation.kernel();
  std::vector<std::vector<float>> expected = expectedOf(kernel, columns);
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  for (const Way &way : ways()) {
    std::string error;
    std::vector<std::vector<float>> memory = columns;
    memory.resize(columns.size() + operation.outputs(), std::vector<float>(count, 12345));
    KernelMemory arguments;
    for (std::vector<float> &m : memory)
      arguments.push_back(m.data());
    ASSERT_TRUE(
        runKernel(kernelSignature(*canonical), *parseSchedule(way.schedule, error), arguments, error, way.target))
        << error;
    expectValues(columns, memory, expected, std::string(way.target) + " " + way.schedule, 3e-45);
  }
}

/// A GPU's kernels give the same, denormal numbers included.
TEST_P(SpecialValues, OfAGpuAreThoseOfDoublePrecision) {
  std::vector<std::vector<float>> columns = combinations(arity, {1, -2, 0, NAN});
  OperationKernel operation(context, "gan." + GetParam(), arity, columns[0].size());
  ASSERT_TRUE(operation);
  KernelOp kernel = operation.kernel();
  std::vector<std::vector<float>> expected = expectedOf(kernel, columns), memory = columns;
  memory.resize(columns.size() + operation.outputs(), std::vector<float>(columns[0].size(), 12345));
  DeviceMemory arguments = argumentsOf(memory);
  std::string error;
  std::vector<DeviceCode> codes;
  ASSERT_TRUE(compileDeviceKernels(
      {{kernelSignature(*canonicalKernel(kernel)), *parseSchedule("v2 gpu_map vec=1 threads=64", error)}},
      DeviceApi::Cuda, "sm_80", codes, error))
      << error;
  runOnPtxMachine(codes.front(), arguments);
  expectValues(columns, memory, expected, "a GPU", 3e-45);
}

/// Zeros keep their sign if the operation keeps or makes one. A maximum of 0 and -0 may be either, and a positive
/// function has no signed zero.
class SignedZeros : public SpecialValues {};

TEST_P(SignedZeros, KeepTheirSign) {
  std::vector<std::vector<float>> columns(arity + 1);
  for (float x : {0.0f, -0.0f})
    for (float y : {1.0f, -1.0f}) {
      columns[0].push_back(x);
      columns[1].push_back(y);
      if (arity > 1)
        columns[2].push_back(1);
    }
  OperationKernel operation(context, "gan." + GetParam(), arity, 4);
  KernelOp kernel = operation.kernel();
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  for (const Way &way : ways()) {
    std::string error;
    std::vector<std::vector<float>> memory = columns;
    memory.resize(columns.size() + operation.outputs(), std::vector<float>(4, 12345));
    KernelMemory arguments;
    for (std::vector<float> &m : memory)
      arguments.push_back(m.data());
    ASSERT_TRUE(
        runKernel(kernelSignature(*canonical), *parseSchedule(way.schedule, error), arguments, error, way.target))
        << error;
    for (size_t i = 0; i < 4; ++i) {
      float got = memory[columns.size()][i], due = expectedAt(kernel, columns, i)[0];
      EXPECT_TRUE(got == due && std::signbit(got) == std::signbit(due))
          << describe(columns, i) << " is " << got << " for " << way.target;
    }
  }
}

/// Compares the texts of GanElementwise.td in double precision, against which the kernels are tested, with textbook
/// values.
TEST_P(SpecialValues, OfTheTextAreThoseOfTheReference) {
  std::vector<std::vector<float>> columns = combinations(arity, {1});
  OperationKernel operation(context, "gan." + GetParam(), arity, columns[0].size());
  KernelOp kernel = operation.kernel();
  Interpreter reference;
  Operation *op = &kernel.getBody().front().front();
  std::vector<Array> operands;
  for (size_t i = 0; i < arity; ++i)
    operands.push_back({{int64_t(columns[i].size())}, {columns[i].begin(), columns[i].end()}});
  Array values = reference.apply(op, operands)[0];
  for (size_t i = 0; i < columns[0].size(); ++i) {
    SmallVector<double> at;
    for (size_t c = 0; c < arity; ++c)
      at.push_back(columns[c][i]);
    double text = *evaluateElementwise(op, at), book = values.data[i];
    EXPECT_TRUE(text == book || (std::isnan(text) && std::isnan(book)) ||
                std::abs(text - book) <= 1e-12 * std::abs(book))
        << GetParam() << " " << describe(columns, i) << " is " << text << ", not " << book;
  }
}

std::string operationName(const testing::TestParamInfo<std::string> &info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Ops, SpecialValues, testing::ValuesIn(elementwiseOperations()), operationName);
INSTANTIATE_TEST_SUITE_P(Ops, SignedZeros, testing::Values("neg", "expm1", "sqrt", "tanh", "erf", "mul", "div"),
                         operationName);

/// Rules of PyTorch 2's derivatives.yaml for g = 1, at values where the result would otherwise be 0 times infinity, or
/// NaN.
TEST(SpecialGradients, ArePyTorchs) {
  struct Rule {
    const char *op;
    std::vector<double> operands;
    std::vector<double> gradients;
  };
  const std::vector<Rule> rules = {
      {"relu", {NAN}, {1}},
      {"relu", {0}, {0}},
      {"relu", {inf}, {1}},
      {"leaky_relu", {NAN, 0.25f}, {0.25, NAN}},
      {"max", {NAN, 1}, {1, 1}},
      {"max", {2, 2}, {0.5, 0.5}},
      {"max", {inf, 1}, {1, 0}},
      {"min", {1, NAN}, {1, 1}},
      {"min", {-inf, 1}, {1, 0}},
      {"clamp", {NAN, 0, 1}, {0, 0, 0}},
      {"clamp", {0, 0, 1}, {1, 0, 0}},
      {"clamp", {2, 0, 1}, {0, 0, 1}},
      {"clamp", {0.5f, 1, 0}, {0, 0, 1}},
      {"abs", {NAN}, {0}},
      {"abs", {-inf}, {-1}},
      {"pow", {0, 0}, {0, 0}},
      {"pow", {NAN, 0}, {0, NAN}},
      {"pow", {0, 2}, {0, 0}},
      {"pow", {0, -1}, {-inf, -inf}},
      {"sqrt", {0}, {inf}},
      {"sqrt", {inf}, {0}},
      {"sqrt", {-1}, {NAN}},
      {"log", {0}, {inf}},
      {"log", {-0.0f}, {-inf}},
      {"div", {1, 0}, {inf, -inf}},
      {"div", {0, 0}, {inf, NAN}},
      {"exp", {1000}, {inf}},
      {"exp", {-1000}, {0}},
      {"tanh", {-inf}, {0}},
      {"sigmoid", {inf}, {0}},
      {"softplus", {-inf}, {0}},
      {"softplus", {inf}, {1}},
      {"softplus", {NAN}, {NAN}},
      {"square", {largest}, {inf}},
      {"select", {NAN, 1, 2}, {1, 0}},
  };
  MLIRContext context;
  context.loadDialect<GanDialect>();
  for (const Rule &rule : rules) {
    std::vector<std::vector<float>> columns;
    for (double v : rule.operands)
      columns.push_back({float(v)});
    columns.push_back({1});
    OperationKernel operation(context, std::string("gan.") + rule.op, rule.operands.size(), 1);
    std::vector<float> results = expectedAt(operation.kernel(), columns, 0);
    ASSERT_EQ(results.size(), rule.gradients.size() + 1) << rule.op;
    for (size_t i = 0; i < rule.gradients.size(); ++i)
      EXPECT_TRUE(agree(results[i + 1], float(rule.gradients[i]), 1e-6, 0))
          << rule.op << " " << describe(columns, 0) << ": gradient " << i << " is " << results[i + 1] << ", not "
          << rule.gradients[i];
  }
}

/// Runs one kernel, whose body is given as text, on inputs a0, a1, ..
std::vector<float> runBody(const std::string &body, const std::vector<Array> &inputs, const std::vector<int64_t> &shape,
                           const std::string &schedule, const std::string &target) {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  std::string reads, names, arguments, types;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string n = std::to_string(i), comma = i ? ", " : "", t = shapeText(inputs[i].shape);
    reads += "%s" + n + " = gan.read \"a" + n + "\" : " + t + "\n";
    names += comma + "%s" + n;
    arguments += comma + "%a" + n + ": " + t;
    types += comma + t;
  }
  std::string t = shapeText(shape);
  auto module = parseSourceString<ModuleOp>("gan.graph evaluate {\n" + reads + "%k = \"gan.kernel\"(" + names +
                                                ") ({\n^bb0(" + arguments + "):\n" + body + "\"gan.yield\"(%r) : (" +
                                                t + ") -> ()\n}) {label = \"t\"} : (" + types + ") -> " + t + "\n}\n",
                                            &context);
  EXPECT_TRUE(module) << body;
  KernelOp kernel;
  module->walk([&](KernelOp k) { kernel = k; });
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  std::vector<std::vector<float>> memory;
  for (const Array &a : inputs)
    memory.emplace_back(a.data.begin(), a.data.end());
  memory.emplace_back(Array::zeros(shape).data.size(), 12345.0f);
  KernelMemory addresses;
  for (std::vector<float> &m : memory)
    addresses.push_back(m.data());
  std::string error;
  EXPECT_TRUE(runKernel(kernelSignature(*canonical), *parseSchedule(schedule, error), addresses, error, target))
      << error;
  return memory.back();
}

/// Rows with special values at one place; it must not matter at which place.
TEST(SpecialReductions, KeepNanAndInfinities) {
  const std::vector<std::vector<double>> marks = {{NAN}, {inf}, {-inf}, {inf, -inf}, {NAN, inf}, {}};
  std::vector<int64_t> shape{int64_t(marks.size()) + 1, 37}, kept{shape[0]};
  for (const char *op : {"reduce_sum", "reduce_max", "argmax"})
    for (int64_t place : {0, 5, 17, 36}) {
      Array x = Array::zeros(shape);
      forEachIndex(shape, [&](ArrayRef<int64_t> i) {
        x.at(i) = i[0] == kept[0] - 1 ? -inf : double(i[1] % 5) - 2; // all elements of the last row are infinite
      });
      for (size_t row = 0; row < marks.size(); ++row)
        for (size_t m = 0; m < marks[row].size(); ++m)
          x.at({int64_t(row), (place + 20 * int64_t(m)) % 37}) = marks[row][m];
      OpCase c{op, "{dims = array<i64: 1>}", {shape}, kept};
      std::string body = "%r = \"gan." + c.op + "\"(%a0) " + c.attributes + " : (" + shapeText(shape) + ") -> " +
                         shapeText(kept) + "\n";
      for (const Way &way : ways())
        for (const char *schedule :
             {"v2 reduction vec=4 task=0 blocks=1 lanes=1", "v2 reduction vec=4 task=1 blocks=2 lanes=4"}) {
          std::vector<float> got = runBody(body, {x}, kept, schedule, way.target);
          for (int64_t row = 0; row < kept[0]; ++row) {
            double sum = 0, best = x.at({row, 0}), at = 0;
            for (int64_t i = 0; i < 37; ++i) {
              double v = x.at({row, i});
              sum += v;
              if (v > best || (std::isnan(v) && !std::isnan(best)))
                best = v, at = double(i);
            }
            double due = c.op == "reduce_sum" ? sum : c.op == "reduce_max" ? best : at;
            EXPECT_TRUE(agree(got[size_t(row)], float(due), 1e-6, 0))
                << op << " of row " << row << " is " << got[size_t(row)] << ", not " << due << ": " << schedule << " "
                << way.target;
          }
        }
    }
}

/// Products are summed with fused arithmetic, which assumes that there is no NaN; the operations after it must still
/// see NaN.
TEST(SpecialProducts, WhatFollowsAProductSeesNanAndInfinities) {
  std::string m = "tensor<6x8xf32>", image = "tensor<1x4x4x8xf32>", zero = "%z = gan.constant 0.0 : ";
  auto after = [&](const std::string &product, const std::string &t) {
    return product + zero + t + "\n%one = gan.constant 1.0 : " + t + "\n%p = gan.relu %y : " + t +
           "\n%big = gan.gt %y, %z : " + t + "\n%same = gan.eq %y, %y : " + t + "\n%d = gan.sub %y, %y : " + t +
           "\n%q = gan.add %p, %big : " + t + "\n%s = gan.select %same, %q, %y : " + t +
           "\n%r = gan.add %s, %d : " + t + "\n";
  };
  auto due = [](float y) { return std::isfinite(y) ? (y > 0 ? y + 1 : 0.0f) : NAN; };
  Array a = Array::zeros({6, 5}), b = Array::zeros({5, 8});
  for (size_t i = 0; i < a.data.size(); ++i)
    a.data[i] = double(i % 3) - 1;
  for (size_t i = 0; i < b.data.size(); ++i)
    b.data[i] = double(i % 4) - 1.5;
  a.at({1, 2}) = NAN, a.at({2, 0}) = inf, a.at({3, 4}) = -inf, a.at({4, 1}) = largest;
  Array x = Array::zeros({1, 4, 4, 5}), w = Array::zeros({1, 1, 5, 8});
  w.data = b.data;
  for (size_t i = 0; i < x.data.size(); ++i)
    x.data[i] = i < a.data.size() ? a.data[i] : 1;
  for (const Way &way : ways()) {
    std::string product = "%y = gan.matmul %a0, %a1 : (tensor<6x5xf32>, tensor<5x8xf32>) -> " + m + "\n";
    auto run = [&](const std::string &text, const std::vector<Array> &inputs, const std::vector<int64_t> &shape,
                   const std::string &schedule) { return runBody(text, inputs, shape, schedule, way.target); };
    auto hold = [&](const std::string &text, const std::string &t, const std::vector<Array> &inputs,
                    const std::vector<int64_t> &shape, const std::string &schedule) {
      std::vector<float> raw = run(text + "%one = gan.constant 1.0 : " + t + "\n%r = gan.mul %y, %one : " + t + "\n",
                                   inputs, shape, schedule);
      std::vector<float> got = run(after(text, t), inputs, shape, schedule);
      int strange = 0;
      for (size_t i = 0; i < got.size(); ++i) {
        strange += !std::isfinite(raw[i]);
        EXPECT_TRUE(agree(got[i], due(raw[i]), 1e-6, 0))
            << got[i] << " after " << raw[i] << ": " << schedule << " " << way.target;
      }
      EXPECT_GT(strange, 8) << schedule;
    };
    hold(product, m, {a, b}, {6, 8}, "v2 contraction vec=4 task=0 rows=3 columns=8 unroll=1 by_rows=1 depth=0");
    hold(product, m, {a, b}, {6, 8}, "v2 contraction vec=4 task=0 rows=2 columns=4 unroll=2 by_rows=1 depth=2");
    std::string conv = "%y = gan.conv %a0, %a1 stride [1, 1] pad [0, 0] : (tensor<1x4x4x5xf32>, "
                       "tensor<1x1x5x8xf32>) -> " +
                       image + "\n";
    for (const char *algorithm : {"direct", "points"})
      hold(conv, image, {x, w}, {1, 4, 4, 8},
           std::string("v2 convolution vec=4 task=1 rows=2 columns=8 unroll=1 by_rows=1 images=1 lines=0 algorithm=") +
               algorithm + " tile=1");
    std::string grad = "%y = gan.conv_weight_grad %a0, %a1 stride [1, 1] pad [0, 0] : (tensor<1x4x4x5xf32>, "
                       "tensor<1x4x4x8xf32>) -> tensor<1x1x5x8xf32>\n";
    Array g = Array::zeros({1, 4, 4, 8});
    for (size_t i = 0; i < g.data.size(); ++i)
      g.data[i] = double(i % 5) - 1.5;
    hold(grad, "tensor<1x1x5x8xf32>", {x, g}, {1, 1, 5, 8},
         "v2 convolution vec=4 task=1 rows=2 columns=8 unroll=1 by_rows=1 images=1 lines=1 algorithm=direct tile=1");
  }
}

} // namespace
} // namespace gan::test
