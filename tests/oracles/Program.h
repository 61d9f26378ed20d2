// Gives a model's text as a program and as a reference in double precision, and given numbers on which to compare both.
#pragma once

#include "compiler/dialect/Gan.h"
#include "dsl/Model.h"
#include "runtime/base/Safetensors.h"
#include "tests/TextFile.h"
#include "tests/reference/Interpreter.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace gan::test {

/// Runs a command line and returns its exit status. Output goes to `log` in the test's folder.
int runCommand(const std::string &command, const std::string &log);

/// A folder for this test alone, which is empty at the start.
std::string freshFolder(const std::string &name);

/// Builds the model with ganc and a cache that tests share, and without NVIDIA's assembler, because no test has a card.
/// Returns "" on failure, which is reported.
std::string buildProgram(const std::string &modelPath, const std::string &program, const std::string &options = "");

nlohmann::ordered_json programInfo(const std::string &program);

using Tensors = std::map<std::string, ganrt::NamedTensor>;

/// States and inputs that follow the rules of tests/parity/given.py.
Tensors givenState(const nlohmann::ordered_json &info, double step, uint64_t seed);
Tensors givenInputs(const nlohmann::ordered_json &info, uint64_t seed);

/// Runs one iteration with `trace`; all names are plain. `options` are further ones such as --threads. `program` may
/// have an environment in front.
Tensors traceProgram(const std::string &program, const std::string &folder, const Tensors &state, const Tensors &inputs,
                     int64_t iteration, const std::string &options = "");

/// Expects the tensors of one iteration to be those of the reference. What is compared is single precision on
/// ill-conditioned sizes (batches of four), so gradients are judged relative to the largest gradient of their step.
/// `text` is shown with a difference.
void expectAgreement(const Tensors &ours, const Tensors &exact, const std::string &text);

/// A GPU that stands in for a card: PoCL for OpenCL, the PTX machine for CUDA.
struct StandIn {
  std::string target;      ///< of `ganc build`
  std::string option;      ///< of the program
  std::string environment; ///< stands in front of the program
};
StandIn openClStandIn();
StandIn cudaStandIn();

/// Runs a few iterations as training does, on random data, so that the program starts whole iterations on the device;
/// the stand-in for CUDA then checks that nothing in them runs too early.
void expectToRun(const std::string &program, const StandIn &device);

/// Runs the same iteration with the naive reference, on the module that was imported and differentiated but not changed
/// otherwise.
Tensors referenceIteration(const std::string &modelPath, const Tensors &state, const Tensors &inputs, int64_t iteration,
                           std::optional<int64_t> batch = {});

/// The L2 norm of a - b.
double difference(const ganrt::NamedTensor &a, const ganrt::NamedTensor &b);
double norm(const ganrt::NamedTensor &a);

} // namespace gan::test
