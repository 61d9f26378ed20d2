#include "tests/oracles/Program.h"
#include "compiler/import/ImportModel.h"
#include "compiler/passes/Passes.h"
#include "dsl/Checker.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Numbers.h"
#include "runtime/program/Random.h"

#include "mlir/Pass/PassManager.h"
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/wait.h>

using namespace mlir;

namespace gan::test {

int runCommand(const std::string &command, const std::string &log) {
  int status = std::system((command + " > " + log + " 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string freshFolder(const std::string &name) {
  std::string folder = std::string(BINARY_FOLDER) + "/test-work/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string buildProgram(const std::string &modelPath, const std::string &program, const std::string &options) {
  std::string log = program + ".log";
  int status =
      runCommand("XDG_CACHE_HOME=" BINARY_FOLDER "/test-cache GANC_PTXAS= GANC_DEBUG=1 " BINARY_FOLDER "/ganc build " +
                     modelPath + " -o " + program + " " + options,
                 log);
  EXPECT_EQ(status, 0) << readText(log) << readText(modelPath);
  return status ? "" : program;
}

nlohmann::ordered_json programInfo(const std::string &program) {
  std::string out = program + ".info";
  EXPECT_EQ(runCommand(program + " info --json", out), 0);
  return nlohmann::ordered_json::parse(readText(out));
}

namespace {

int64_t count(const std::vector<int64_t> &shape) {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return n;
}

bool endsWith(const std::string &name, std::initializer_list<const char *> ends) {
  for (const char *end : ends)
    if (name.ends_with(end))
      return true;
  return false;
}

ganrt::NamedTensor given(const std::string &name, const std::vector<int64_t> &shape, uint64_t seed) {
  ganrt::NamedTensor t{name, shape, std::vector<double>(size_t(count(shape))), false};
  ganrt::fillUniform(ganrt::drawKey(seed, "given." + name), 0, t.values.data(), t.values.size());
  return t;
}

} // namespace

Tensors givenState(const nlohmann::ordered_json &info, double step, uint64_t seed) {
  Tensors all;
  for (const auto &entry : info["state"]) {
    std::string name = entry["name"];
    ganrt::NamedTensor t = given(name, entry["shape"], seed);
    double fan = t.shape.size() > 1 ? double(count(t.shape)) / double(t.shape[0]) : 1, scale = 0.2, offset = -0.5;
    if (endsWith(name, {".step", "num_batches_tracked"}))
      scale = 0;
    else if (endsWith(name, {"exp_avg_sq", "square_avg", ".sum"}))
      scale = 1e-5, offset = 0.1;
    else if (endsWith(name, {"exp_avg", "momentum_buffer"}))
      scale = 2e-3;
    else if (endsWith(name, {"running_var", "cluster_size"}))
      scale = 1, offset = 0.5;
    else if (entry["role"] == "parameter" && t.shape.size() > 1)
      scale = 2 / std::sqrt(fan);
    for (double &u : t.values)
      u = double(float(scale ? (u + offset) * scale : step));
    all[name] = t;
  }
  return all;
}

Tensors givenInputs(const nlohmann::ordered_json &info, uint64_t seed) {
  Tensors all;
  // Inputs of a repeated step are called NAME|REPETITION.
  std::vector<std::pair<std::string, nlohmann::ordered_json>> entries;
  for (const auto &entry : info["inputs"])
    for (int k = 0; k < entry.value("times", 1); ++k)
      entries.emplace_back(std::string(entry["name"]) + (entry.contains("times") ? "|" + std::to_string(k) : ""),
                           entry);
  for (auto &[name, entry] : entries) {
    std::string kind = entry["kind"];
    ganrt::NamedTensor t = given(name, entry["shape"], seed);
    double lo = entry["lo"], hi = entry["hi"];
    int64_t classes = t.shape.size() > 1 ? t.shape[1] : 1;
    std::vector<double> u = t.values;
    for (size_t i = 0; i < u.size(); ++i) {
      if (kind == "stream")
        t.values[i] = std::floor(2 * u[i]);
      else if (kind == "mask")
        t.values[i] = u[i] < 0.5;
      else if (kind == "label" || kind == "categorical")
        t.values[i] = int64_t(u[i / size_t(classes) * size_t(classes)] * double(classes)) == int64_t(i) % classes;
      else if (kind == "normal")
        t.values[i] = double(float((u[i] - 0.5) * 3));
      else
        t.values[i] = double(float(lo + (hi - lo) * u[i]));
    }
    all[name] = t;
  }
  return all;
}

StandIn openClStandIn() { return {"opencl", "--device opencl:0", "POCL_CACHE_DIR=" BINARY_FOLDER "/test-cache/pocl "}; }

StandIn cudaStandIn() { return {"cuda", "--device cuda", "LD_LIBRARY_PATH=" BINARY_FOLDER "/tests/ptx/mock "}; }

void expectToRun(const std::string &program, const StandIn &device) {
  std::string log = program + ".bench.log";
  int status = runCommand(device.environment + program + " bench --json --steps 2 " + device.option, log);
  EXPECT_EQ(status, 0) << readText(log);
}

void expectAgreement(const Tensors &ours, const Tensors &exact, const std::string &text) {
  double gradients = 0;
  bool updates = false; // stays false if each step leaves the iteration out
  for (auto &[name, t] : exact)
    if (name.starts_with("grad.")) {
      updates = true;
      gradients = std::max(gradients, norm(t));
    }
  EXPECT_TRUE(gradients > 0 || !updates) << text;
  for (auto &[name, t] : exact) {
    ASSERT_TRUE(ours.count(name)) << name << " is missing\n" << text;
    double scale = norm(t) + (name.starts_with("grad.") ? 1e-2 * gradients : 1e-3);
    if (name.ends_with(".exp_avg")) // an average of gradients, in which the newest one has a tenth of the weight
      scale += 1e-3 * gradients;
    // rmsprop divides a gradient by its deviation, so that of a bias in front of batch normalisation, whose gradient is
    // nothing but rounding, the noise grows: 4.3e-4 was measured, in a buffer of length 1e-3. This allows 6e-4.
    if (name.ends_with("momentum_buffer"))
      scale += 6e-1;
    ASSERT_LE(difference(ours.at(name), t), 1e-3 * scale) << name << "\n" << text;
  }
}

Tensors traceProgram(const std::string &program, const std::string &folder, const Tensors &state, const Tensors &inputs,
                     int64_t iteration, const std::string &options) {
  std::vector<ganrt::NamedTensor> list, given;
  for (auto &[name, t] : state) {
    list.push_back(t); // all given numbers are single-precision numbers
  }
  std::string suffix = "." + std::to_string(iteration);
  for (auto &[name, t] : inputs) {
    given.push_back(t);
    size_t bar = name.find('|');
    given.back().name = name.substr(0, bar) + suffix + (bar == std::string::npos ? "" : "." + name.substr(bar + 1));
  }
  ganrt::writeTensors(folder + "/state", list, {});
  ganrt::writeTensors(folder + "/inputs", given, {});
  std::string out = folder + "/out";
  int status =
      runCommand(program + " trace --state " + folder + "/state --inputs " + folder + "/inputs --start-iteration " +
                     std::to_string(iteration) + " --out " + out + " " + options,
                 folder + "/trace.log");
  EXPECT_EQ(status, 0) << readText(folder + "/trace.log");
  Tensors results;
  if (status)
    return results;
  for (auto &[name, t] : ganrt::readTensors(out).tensors) {
    std::string plain = name, rest;
    if (std::string before = name.substr(0, name.rfind('.')); before.ends_with(suffix)) { // it belongs to a repetition
      rest = "|" + name.substr(name.rfind('.') + 1);
      plain = before;
    }
    EXPECT_TRUE(plain.ends_with(suffix)) << name;
    plain = plain.substr(0, plain.size() - suffix.size()) + rest;
    results[plain] = t;
    results[plain].name = plain;
  }
  return results;
}

namespace {

/// The layout of a field or an input in the runtime's form.
gan_layout layoutOf(ArrayRef<int64_t> shape, ArrayRef<int64_t> view, ArrayRef<int64_t> order) {
  gan_layout l{};
  l.dtype = GAN_F64;
  l.rank = uint32_t(shape.size()), l.view_rank = uint32_t(view.size());
  llvm::copy(shape, l.shape);
  llvm::copy(view, l.view);
  llvm::copy(order, l.order);
  return l;
}

gan_layout fieldLayout(FieldAttr field) {
  LayoutAttr layout = field.getLayout();
  return layoutOf(layout.getShape(), layout.getView(), layout.getOrder());
}

class Reference {
public:
  Reference(const std::string &path, int64_t iteration, std::optional<int64_t> batch)
      : source(path, readText(path)), iteration(iteration) {
    interpreter.iteration = iteration;
    dsl::Diagnostics diagnostics;
    model = *dsl::checkSource(source, diagnostics, batch);
    context.loadDialect<GanDialect>();
    module = importModel(model, source, context);
    PassManager manager(&context);
    manager.addPass(createDifferentiate());
    EXPECT_TRUE(succeeded(manager.run(*module)));
  }

  Tensors run(const Tensors &state, const Tensors &inputs) {
    module->walk([&](StateOp op) {
      Array packed = Array::zeros(cast<Tensor>(op.getType()).getShape());
      for (auto field : op.getFields().getAsRange<FieldAttr>())
        ganrt::toInside(fieldLayout(field), state.at(field.getName().str()).values.data(),
                        packed.data.data() + field.getOffset());
      interpreter.states[op.getName().str()] = packed;
    });
    GraphOp train;
    module->walk([&](GraphOp g) {
      if (g.getKind() == GraphKind::Train)
        train = g;
    });
    for (auto &[name, t] : inputs)
      interpreter.inputs[name] = inside(t);
    interpreter.scalar = [&](const std::string &polish, double updates) { return number(polish, updates); };
    interpreter.run(train);
    return results(train);
  }

private:
  /// Images (N, C, H, W) become (N, H, W, C), as they lie in memory.
  static Array inside(const ganrt::NamedTensor &t) {
    if (t.shape.size() != 4)
      return {t.shape, t.values};
    const auto &s = t.shape;
    Array out = Array::zeros({s[0], s[2], s[3], s[1]});
    forEachIndex(s, [&](ArrayRef<int64_t> i) {
      out.at({i[0], i[2], i[3], i[1]}) = t.values[size_t(((i[0] * s[1] + i[1]) * s[2] + i[2]) * s[3] + i[3])];
    });
    return out;
  }

  double number(const std::string &polish, double updates) {
    double length = double(model.epochIterations), epochs = length > 0 ? double(iteration) / length : 0;
    std::istringstream words(polish);
    std::vector<double> stack;
    std::string word;
    while (words >> word) {
      if (word[0] == '$') {
        for (const dsl::Constant &c : model.constants)
          if (c.name == word.substr(1))
            stack.push_back(number(dsl::numberText(model, c.value), updates));
        continue;
      }
      char *end = nullptr;
      double v = std::strtod(word.c_str(), &end);
      if (!*end) {
        stack.push_back(v);
        continue;
      }
      auto ramp = [](const double *x, double u) { return x[0] + (x[1] - x[0]) * std::min(1.0, u / x[2]); };
      auto wave = [](const double *x, double u) {
        return x[1] + (x[0] - x[1]) * (1 + std::cos(M_PI * std::min(1.0, u / x[2]))) / 2;
      };
      auto cycle = [](const double *x, double u) {
        return x[0] + (x[1] - x[0]) * std::min(1.0, 2 * std::fmod(u / x[2], 1.0));
      };
      const std::map<std::string, std::pair<size_t, std::function<double(const double *)>>> words = {
          {"epoch", {0, [&](const double *) { return std::floor(epochs); }}},
          {"add", {2, [](const double *x) { return x[0] + x[1]; }}},
          {"sub", {2, [](const double *x) { return x[0] - x[1]; }}},
          {"mul", {2, [](const double *x) { return x[0] * x[1]; }}},
          {"div", {2, [](const double *x) { return x[0] / x[1]; }}},
          {"neg", {1, [](const double *x) { return -x[0]; }}},
          {"min", {2, [](const double *x) { return x[0] < x[1] ? x[0] : x[1]; }}},
          {"max", {2, [](const double *x) { return x[0] < x[1] ? x[1] : x[0]; }}},
          {"pow", {2, [](const double *x) { return std::pow(x[0], x[1]); }}},
          {"exp", {1, [](const double *x) { return std::exp(x[0]); }}},
          {"log", {1, [](const double *x) { return std::log(x[0]); }}},
          {"sqrt", {1, [](const double *x) { return std::sqrt(x[0]); }}},
          {"cos", {1, [](const double *x) { return std::cos(x[0]); }}},
          {"floor", {1, [](const double *x) { return std::floor(x[0]); }}},
          {"mod", {2, [](const double *x) { return x[0] - x[1] * std::floor(x[0] / x[1]); }}},
          {"cosine_steps", {3, [&](const double *x) { return wave(x, updates); }}},
          {"cosine_epochs", {3, [&](const double *x) { return wave(x, epochs); }}},
          {"cyclic_steps", {3, [&](const double *x) { return cycle(x, updates); }}},
          {"cyclic_epochs", {3, [&](const double *x) { return cycle(x, epochs); }}},
          {"stairs_steps", {3, [&](const double *x) { return x[0] * std::pow(x[1], std::floor(updates / x[2])); }}},
          {"stairs_epochs", {3, [&](const double *x) { return x[0] * std::pow(x[1], std::floor(epochs / x[2])); }}},
          {"warm_up_steps", {2, [&](const double *x) { return x[0] * std::min(1.0, (updates + 1) / x[1]); }}},
          {"ramp_steps", {3, [&](const double *x) { return ramp(x, updates); }}},
          {"ramp_epochs", {3, [&](const double *x) { return ramp(x, epochs); }}},
          {"decay_steps", {2, [&](const double *x) { return x[0] * std::pow(x[1], updates); }}},
          {"decay_epochs", {2, [&](const double *x) { return x[0] * std::pow(x[1], std::floor(epochs)); }}}};
      auto [count, value] = words.at(word);
      double result = value(stack.data() + stack.size() - count);
      stack.resize(stack.size() - count);
      stack.push_back(result);
    }
    return stack.back();
  }

  Tensors results(GraphOp train) {
    Tensors out;
    auto add = [&](const std::string &name, std::vector<int64_t> shape, std::vector<double> values) {
      out[name] = {name, std::move(shape), std::move(values), true};
    };
    module->walk([&](StateOp op) {
      const Array &packed = interpreter.states[op.getName().str()];
      for (auto field : op.getFields().getAsRange<FieldAttr>())
        add(field.getName().str(), field.getLayout().getShape().asArrayRef().vec(),
            ganrt::toOutside(fieldLayout(field), packed.data.data() + field.getOffset()));
    });
    train.walk([&](ObserveOp op) {
      auto step = op->getParentOfType<StepOp>();
      for (int64_t k = 0; k < (step ? int64_t(step.getTimes()) : 1); ++k) {
        std::string rest = step && step.getTimes() > 1 ? "|" + std::to_string(k) : "";
        if (!op.getFields() && interpreter.observed.count(op.getName().str() + rest))
          add(op.getName().str() + rest, {}, interpreter.observed.at(op.getName().str() + rest).data);
        for (auto field : op.getFields().value_or(ArrayAttr::get(&context, {})).getAsRange<FieldAttr>())
          if (auto found = interpreter.observed.find(field.getName().str() + rest);
              found != interpreter.observed.end()) // it is not there in iterations of another stream
            add(found->first, field.getLayout().getShape().asArrayRef().vec(),
                ganrt::toOutside(fieldLayout(field), found->second.data.data()));
      }
    });
    return out;
  }

  dsl::Source source;
  int64_t iteration;
  dsl::Model model;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Interpreter interpreter;
};

} // namespace

Tensors referenceIteration(const std::string &modelPath, const Tensors &state, const Tensors &inputs, int64_t iteration,
                           std::optional<int64_t> batch) {
  return Reference(modelPath, iteration, batch).run(state, inputs);
}

double norm(const ganrt::NamedTensor &a) {
  double sum = 0;
  for (double v : a.values)
    sum += v * v;
  return std::sqrt(sum);
}

double difference(const ganrt::NamedTensor &a, const ganrt::NamedTensor &b) {
  EXPECT_EQ(a.values.size(), b.values.size()) << a.name;
  double sum = 0;
  for (size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i)
    sum += (a.values[i] - b.values[i]) * (a.values[i] - b.values[i]);
  return std::sqrt(sum);
}

} // namespace gan::test
