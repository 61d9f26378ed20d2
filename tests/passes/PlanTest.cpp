// The memory plan as a property: walking the kernels in their order, whoever reads a buffer finds the bytes that were
// written for it, in the arena and in the states that are updated in place.
#include "compiler/driver/Stages.h"
#include "compiler/passes/Places.h"
#include "tests/oracles/RandomModel.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace mlir;

namespace gan::test {
namespace {

/// Values whose bytes stand behind a view, a pack or a step's argument.
void rootsOf(Value v, std::vector<Value> &roots) {
  if (auto argument = dyn_cast<BlockArgument>(v)) {
    auto step = cast<StepOp>(argument.getOwner()->getParentOp());
    return rootsOf(step.getInits()[argument.getArgNumber()], roots);
  }
  Operation *def = v.getDefiningOp();
  if (auto step = dyn_cast<StepOp>(def))
    return rootsOf(step.getBody().front().getTerminator()->getOperand(cast<OpResult>(v).getResultNumber()), roots);
  if (isa<ReshapeOp, UnpackOp, PackOp>(def)) {
    for (Value operand : def->getOperands())
      rootsOf(operand, roots);
    return;
  }
  roots.push_back(v);
}

class Ownership {
public:
  /// Bytes of `v` now hold it.
  void write(Value v) {
    Place place = placeOf(v);
    auto &bytes = owner[place.space];
    size_t size = size_t(tensorOf(v).getNumElements()) * tensorOf(v).getElementTypeBitWidth() / 8;
    if (bytes.size() < place.offset + size)
      bytes.resize(place.offset + size);
    std::fill_n(bytes.begin() + place.offset, size, v.getAsOpaquePointer());
  }
  void expectThere(Value v, const std::string &reader) {
    std::vector<Value> roots;
    rootsOf(v, roots);
    for (Value root : roots) {
      if (isa<InputOp, ScalarOp, RngOp>(root.getDefiningOp()))
        continue; // memory of their own, written by the host
      Place place = placeOf(root);
      auto &bytes = owner[place.space];
      size_t size = size_t(tensorOf(root).getNumElements()) * tensorOf(root).getElementTypeBitWidth() / 8;
      ASSERT_LE(place.offset + size, bytes.size()) << reader;
      for (size_t i = 0; i < size; ++i)
        ASSERT_EQ(bytes[place.offset + i], root.getAsOpaquePointer())
            << reader << " reads bytes that something else has overwritten";
    }
  }

private:
  std::map<Space, std::vector<const void *>> owner;
};

void checkGraph(GraphOp graph) {
  Ownership memory;
  graph.walk([&](ReadOp read) { memory.write(read); });
  for (KernelOp kernel : kernelsInOrder(graph)) {
    for (Value v : kernel.getOperands())
      ASSERT_NO_FATAL_FAILURE(memory.expectThere(v, kernel.getLabel().str()));
    for (Value v : kernel.getResults())
      memory.write(v);
    for (Value v : kernel.getResults()) // no two results share bytes
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
    int64_t arena = graph->getAttrOfType<IntegerAttr>("arena_bytes").getInt(),
            sum = graph->getAttrOfType<IntegerAttr>("sum_bytes").getInt();
    EXPECT_LE(arena, sum);
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
  EXPECT_LT(2 * train->getAttrOfType<IntegerAttr>("arena_bytes").getInt(),
            train->getAttrOfType<IntegerAttr>("sum_bytes").getInt());
}

} // namespace
} // namespace gan::test
