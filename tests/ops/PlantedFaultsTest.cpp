// Plants faults in the text of GPU kernels - a barrier removed, an index off by one, a store dropped - and shows that
// the PTX machine or the comparison with the naive reference finds each: tests that pass then say something.
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/ptx/Machine.h"
#include "tests/device/DeviceRun.h"
#include "tests/ops/KernelCase.h"

#include <gtest/gtest.h>
#include <sstream>

namespace gan::test {
namespace {

/// A template of loops, and an operation that goes through it.
struct Template {
  const char *name, *op, *attributes; ///< the operation is one of opCases()
  const char *schedule;
  size_t barriers; ///< without each of which it goes wrong; two that follow each other with nothing between stand in
                   ///< for one another, and so does one at the start or the end
};

void PrintTo(const Template &t, std::ostream *out) { *out << t.name; }

OpCase caseOf(const Template &t) {
  for (const OpCase &c : opCases())
    if (c.op == t.op && c.attributes == t.attributes)
      return c;
  throw std::invalid_argument(std::string("there is no case for ") + t.name);
}

std::vector<std::string> linesOf(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + "\n";
  return text;
}

/// The numbers of the lines that hold an instruction.
std::vector<size_t> linesWith(const std::vector<std::string> &lines, const std::string &instruction) {
  std::vector<size_t> found;
  for (size_t n = 0; n < lines.size(); ++n)
    if (lines[n].find(instruction) != std::string::npos)
      found.push_back(n);
  return found;
}

/// "[%rd4+128]" becomes "[%rd4+132]": the access is to the neighbour.
std::string shifted(std::string line) {
  size_t end = line.find(']'), plus = line.find('+');
  long offset = plus < end ? std::stol(line.substr(plus + 1)) : 0;
  size_t from = std::min(plus, end);
  return line.replace(from, end - from, "+" + std::to_string(offset + 4));
}

struct Planted {
  std::string what, text;
};

/// A text without the instruction in a line.
std::string without(std::vector<std::string> lines, size_t at) {
  lines[at].clear();
  return joined(lines);
}

Planted planted(const std::string &what, size_t at, const std::string &instruction, std::string text) {
  return {what + " in line " + std::to_string(at + 1) + ": " + instruction, std::move(text)};
}

/// An index that is off by one, and a store that is dropped, at the first and the last access of each kind; no barriers
/// at all.
std::vector<Planted> plant(const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  std::vector<Planted> all;
  for (const char *access : {"ld.global", "st.global", "ld.shared", "st.shared"}) {
    std::vector<size_t> places = linesWith(lines, access);
    if (places.size() > 1)
      places = {places.front(), places.back()};
    for (size_t at : places) {
      if (lines[at].find(".v") == std::string::npos) { // four bytes further would be misaligned, which is another fault
        std::vector<std::string> changed = lines;
        changed[at] = shifted(lines[at]);
        all.push_back(planted("an index off by one", at, lines[at], joined(changed)));
      }
      if (access[0] == 's')
        all.push_back(planted("a store dropped", at, lines[at], without(lines, at)));
    }
  }
  if (std::vector<size_t> barriers = linesWith(lines, "bar.sync"); !barriers.empty()) {
    std::vector<std::string> changed = lines;
    for (size_t at : barriers)
      changed[at].clear();
    all.push_back({"all barriers removed", joined(changed)});
  }
  return all;
}

/// Each of the barriers removed.
std::vector<Planted> plantAtBarriers(const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  std::vector<Planted> all;
  for (size_t at : linesWith(lines, "bar.sync"))
    all.push_back(planted("a barrier removed", at, lines[at], without(lines, at)));
  return all;
}

class PlantedFaults : public testing::TestWithParam<Template> {
protected:
  /// Whether the machine or the comparison finds something wrong.
  bool found(DeviceCode code, const std::string &text) const {
    code.text = text;
    std::vector<std::vector<float>> memory = given.memory();
    DeviceMemory arguments = argumentsOf(memory);
    try {
      runOnPtxMachine(code, arguments);
    } catch (const ptx::Fault &) {
      return true;
    }
    return !given.agrees(memory.back());
  }

  KernelCase given{caseOf(GetParam())};
};

TEST_P(PlantedFaults, AreFound) {
  std::string error;
  std::optional<Schedule> schedule = parseSchedule(GetParam().schedule, error);
  ASSERT_TRUE(schedule) << error;
  std::vector<DeviceCode> codes;
  ASSERT_TRUE(compileDeviceKernels({{given.signature(), *schedule}}, DeviceApi::Cuda, "sm_80", codes, error)) << error;
  const DeviceCode &code = codes.front();
  ASSERT_FALSE(found(code, code.text)) << "without a fault";
  std::vector<Planted> faults = plant(code.text);
  EXPECT_GE(faults.size(), 3u);
  for (const Planted &fault : faults)
    EXPECT_TRUE(found(code, fault.text)) << fault.what;
  size_t barriers = 0;
  std::string missed;
  for (const Planted &fault : plantAtBarriers(code.text))
    if (found(code, fault.text))
      ++barriers;
    else
      missed += fault.what + "\n";
  EXPECT_EQ(barriers, GetParam().barriers) << missed;
}

const Template templates[] = {
    {"Product", "matmul", "{transpose_rhs}",
     "v2 gpu_product rows=3 columns=2 depth=5 row_threads=4 column_threads=4 parts=1 stages=1 wide=0", 2},
    {"ProductInTwoStages", "matmul", "{transpose_rhs}",
     "v2 gpu_product rows=3 columns=2 depth=2 row_threads=4 column_threads=4 parts=1 stages=2 wide=0", 2},
    {"ProductInParts", "matmul", "{transpose_lhs}",
     "v2 gpu_product rows=3 columns=2 depth=2 row_threads=4 column_threads=4 parts=3 stages=1 wide=0", 2},
    {"Convolution", "conv", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}",
     "v2 gpu_product rows=2 columns=2 depth=4 row_threads=4 column_threads=4 parts=1 stages=1 wide=0", 2},
    {"InputGradient", "conv_input_grad", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}",
     "v2 gpu_product rows=2 columns=2 depth=4 row_threads=4 column_threads=4 parts=1 stages=1 wide=0", 2},
    {"WeightGradient", "conv_weight_grad", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}",
     "v2 gpu_product rows=2 columns=2 depth=4 row_threads=4 column_threads=4 parts=2 stages=1 wide=0", 2},
    {"Reduction", "reduce_sum", "{dims = array<i64: 0, 1, 2>}", "v2 gpu_reduction blocks=1 lanes=64 results=2", 1},
    {"ReductionInTwoKernels", "reduce_sum", "{dims = array<i64: 0, 1, 2>}",
     "v2 gpu_reduction blocks=3 lanes=64 results=2", 1},
    {"Map", "concat", "{dim = 1 : i64}", "v2 gpu_map vec=1 threads=64", 0},
};

INSTANTIATE_TEST_SUITE_P(Ops, PlantedFaults, testing::ValuesIn(templates),
                         [](const testing::TestParamInfo<Template> &info) { return info.param.name; });

} // namespace
} // namespace gan::test
