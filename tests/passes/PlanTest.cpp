// Checks the memory plan by walking through the kernels in their order: every reader of a buffer finds the bytes that
// were written for it, in the arena and in the states that are updated in place.
#include "compiler/Bug.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Sizes.h"
#include "compiler/driver/Stages.h"
#include "compiler/passes/Places.h"
#include "tests/oracles/RandomModel.h"

#include "mlir/Parser/Parser.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <unistd.h>

using namespace mlir;

namespace gan::test {
namespace {

/// The values whose bytes are behind a view, a pack or a step's argument. With `again` it is the second run of a
/// repeated step, whose arguments are what the first run left.
void rootsOf(Value v, bool again, std::vector<Value> &roots) {
  if (auto argument = dyn_cast<BlockArgument>(v)) {
    auto step = cast<StepOp>(argument.getOwner()->getParentOp());
    Value left = step.getBody().front().getTerminator()->getOperand(argument.getArgNumber());
    return again ? rootsOf(left, false, roots) : rootsOf(step.getInits()[argument.getArgNumber()], false, roots);
  }
  Operation *def = v.getDefiningOp();
  if (auto step = dyn_cast<StepOp>(def))
    return rootsOf(step.getBody().front().getTerminator()->getOperand(cast<OpResult>(v).getResultNumber()), false,
                   roots);
  if (isa<ReshapeOp, UnpackOp, PackOp>(def)) {
    for (Value operand : def->getOperands())
      rootsOf(operand, again, roots);
    return;
  }
  roots.push_back(v);
}

/// Knows which value was last written to each byte, as intervals.
class Ownership {
public:
  /// The bytes of `v` hold `v` from now on.
  void write(Value v) {
    auto [begin, end] = rangeOf(v);
    auto &intervals = owner[placeOf(v).space];
    split(intervals, begin);
    split(intervals, end);
    intervals.erase(intervals.lower_bound(begin), intervals.lower_bound(end));
    intervals[begin] = {end, v.getAsOpaquePointer()};
  }
  void expectThere(Value v, const std::string &reader, bool again = false) {
    std::vector<Value> roots;
    rootsOf(v, again, roots);
    for (Value root : roots) {
      if (isa<InputOp, ScalarOp, RngOp>(root.getDefiningOp()))
        continue; // these have their own memory, which the host writes
      auto [begin, end] = rangeOf(root);
      auto &intervals = owner[placeOf(root).space];
      split(intervals, begin);
      split(intervals, end);
      while (begin < end) {
        auto at = intervals.find(begin);
        ASSERT_NE(at, intervals.end()) << reader << " reads what nobody wrote";
        ASSERT_EQ(at->second.second, root.getAsOpaquePointer())
            << reader << " reads bytes that something else has overwritten";
        begin = at->second.first;
      }
    }
  }

private:
  using Intervals = std::map<int64_t, std::pair<int64_t, const void *>>; ///< begin to (end, value)

  static std::pair<int64_t, int64_t> rangeOf(Value v) {
    int64_t begin = placeOf(v).offset;
    return {begin, begin + tensorOf(v).getNumElements() * tensorOf(v).getElementTypeBitWidth() / 8};
  }
  /// Splits intervals so that none crosses `at`.
  static void split(Intervals &intervals, int64_t at) {
    auto it = intervals.lower_bound(at);
    if (it == intervals.begin())
      return;
    --it;
    if (it->second.first <= at)
      return;
    intervals[at] = it->second;
    it->second.first = at;
  }

  std::map<Space, Intervals> owner;
};

/// The kernels in the order in which they run; those of a repeated step run twice, the second time with `true`.
std::vector<std::pair<KernelOp, bool>> kernelsAsRun(GraphOp graph) {
  std::vector<std::pair<KernelOp, bool>> order, repeated;
  StepOp current;
  auto flush = [&] {
    order.insert(order.end(), repeated.begin(), repeated.end());
    repeated.clear();
  };
  for (KernelOp kernel : kernelsInOrder(graph)) {
    auto step = kernel->getParentOfType<StepOp>();
    if (step != current)
      flush();
    current = step;
    order.emplace_back(kernel, false);
    if (step && step.getTimes() > 1)
      repeated.emplace_back(kernel, true);
  }
  flush();
  return order;
}

void checkGraph(GraphOp graph) {
  Ownership memory;
  graph.walk([&](ReadOp read) { memory.write(read); });
  for (auto [kernel, again] : kernelsAsRun(graph)) {
    for (Value v : kernel.getOperands())
      ASSERT_NO_FATAL_FAILURE(memory.expectThere(v, kernel.getLabel().str(), again));
    for (Value v : kernel.getResults())
      memory.write(v);
    for (Value v : kernel.getResults()) // two results must not share bytes
      ASSERT_NO_FATAL_FAILURE(memory.expectThere(v, kernel.getLabel().str()));
  }
  graph.walk([&](WriteOp write) { memory.expectThere(write.getValue(), "the next iteration"); });
}

void checkModel(const std::string &path) {
  SCOPED_TRACE(path);
  std::optional<LoadedModel> loaded = loadModel(path);
  ASSERT_TRUE(loaded);
  Timing timing;
  Stages stages(*loaded, timing);
  ModuleOp module = stages.lower(PassStage::Planned);
  module->walk([&](GraphOp graph) {
    checkGraph(graph);
    EXPECT_LE(*graph.getArenaBytes(), *graph.getSumBytes());
  });
}

TEST(Plan, WhatIsReadIsWhatWasWritten) {
  for (const char *folder : {SOURCE_FOLDER "/models", SOURCE_FOLDER "/tests/models"})
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".gan")
        checkModel(entry.path());
}

TEST(Plan, OfRandomModels) {
  std::string path = std::string(BINARY_FOLDER) + "/test-work/plan-" + std::to_string(getpid()) + ".gan";
  std::filesystem::create_directories(std::string(BINARY_FOLDER) + "/test-work");
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    std::ofstream(path) << randomModel(seed);
    checkModel(path);
  }
}

TEST(Plan, MemoryIsShared) {
  std::optional<LoadedModel> loaded = loadModel(SOURCE_FOLDER "/models/gan.gan");
  Timing timing;
  Stages stages(*loaded, timing);
  GraphOp train = *stages.lower(PassStage::Planned).getOps<GraphOp>().begin();
  EXPECT_LT(2 * *train.getArenaBytes(), *train.getSumBytes());
}

/// The memory that training needs is reported with its place, and the batch that is said to fit does fit.
TEST(Sizes, MoreThanTheMachineHas) {
  auto warningAt = [](int64_t batch, uint64_t machine) {
    std::optional<LoadedModel> loaded = loadModel(SOURCE_FOLDER "/models/dcgan.gan", batch);
    Timing timing;
    Stages stages(*loaded, timing);
    return memoryWarning(stages.lower(PassStage::Planned), batch, machine);
  };
  constexpr uint64_t machine = uint64_t(300) << 20;
  std::string warning = warningAt(256, machine);
  std::smatch found;
  ASSERT_TRUE(std::regex_search(warning, found,
                                std::regex("dcgan.gan:[0-9]+:[0-9]+: warning: training takes [0-9.]+ [GM]iB "
                                           "of memory at a batch of 256, and this machine has 300 MiB.*"
                                           "; a batch of ([0-9]+) would fit\n")))
      << warning;
  int64_t fits = std::stoll(found[1]);
  EXPECT_GT(fits, 8);
  EXPECT_EQ(warningAt(fits, machine), "");
  EXPECT_NE(warningAt(2 * fits, machine), "");
  EXPECT_NE(warningAt(1, uint64_t(1) << 20).find("parameters with what their optimizers keep"), std::string::npos);
}

/// The front end refuses such models; a buffer that it does not know of is found in the plan.
TEST(Sizes, OfABufferThatKernelsCannotCount) {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(module {
  gan.graph train {
    %0 = gan.read "w" : tensor<65536xf32>
    %1 = gan.kernel "wide" (%a = %0 : tensor<65536xf32>) -> tensor<65536x65536xf32> {
      %b = gan.broadcast %a to [0] : (tensor<65536xf32>) -> tensor<65536x65536xf32>
      gan.yield %b : tensor<65536x65536xf32>
    }
  }
})",
      &context);
  ASSERT_TRUE(module);
  try {
    expectCountable(*module);
    FAIL() << "a buffer of 2^32 numbers";
  } catch (const UserError &e) {
    EXPECT_NE(std::string(e.what()).find("would hold 4294967296 numbers; one buffer holds at most 2147483647"),
              std::string::npos)
        << e.what();
  }
}

TEST(Sizes, ABrokenPromiseIsToldInEveryBuild) {
  EXPECT_THROW(ensure(false, "a promise"), BrokenPromise);
  EXPECT_NO_THROW(ensure(true, "a promise"));
}

} // namespace
} // namespace gan::test
