#include "compiler/driver/Sizes.h"
#include "compiler/codegen/program/Suspects.h"
#include "compiler/driver/Files.h"
#include "compiler/passes/Places.h"

#include <algorithm>
#include <unistd.h>

using namespace mlir;

namespace gan {
namespace {

struct Need {
  uint64_t fixed = 0, perBatch = 0; ///< bytes: independent of the batch; proportional to it, or nearly so
  KernelOp largest;                 ///< the kernel with the largest result
};

int64_t largestResult(KernelOp kernel) {
  int64_t bytes = 0;
  for (Value result : kernel.getResults())
    bytes = std::max(bytes, byteSize(tensorOf(result)));
  return bytes;
}

/// Training needs the states, its buffers, and two batches of inputs, because one is filled while the other is read.
Need needOf(ModuleOp planned) {
  Need need;
  need.fixed = planned->getAttrOfType<IntegerAttr>("gan.state_bytes").getInt();
  planned.walk([&](GraphOp graph) {
    if (graph.getKind() != GraphKind::Train)
      return;
    need.perBatch = *graph.getArenaBytes() + 2 * *graph.getInputBytes();
    for (KernelOp kernel : kernelsInOrder(graph))
      if (!need.largest || largestResult(kernel) > largestResult(need.largest))
        need.largest = kernel;
  });
  return need;
}

std::string sizeText(uint64_t bytes) {
  char text[40];
  bool large = bytes >= uint64_t(1) << 30;
  snprintf(text, sizeof text, large ? "%.1f GiB" : "%.0f MiB", double(bytes) / double(1 << (large ? 30 : 20)));
  return text;
}

std::string advice(const Need &need, int64_t batch, uint64_t machine) {
  if (need.fixed >= machine)
    return "its parameters with what their optimizers keep are more than that";
  double share = 0.9 * double(machine - need.fixed) / double(need.perBatch); // gradients of parameters stay the same
  int64_t fits = int64_t(share * double(batch));
  return fits ? "a batch of " + std::to_string(fits) + " would fit" : "no batch would fit";
}

} // namespace

void expectCountable(ModuleOp planned) {
  auto expect = [](Value value, Operation *at) {
    int64_t count = tensorOf(value).getNumElements();
    if (count > dsl::mostElements)
      throw UserError(placeText(at->getLoc()) + ": a buffer between kernels would hold " + std::to_string(count) +
                      " numbers; one buffer holds at most " + std::to_string(dsl::mostElements) +
                      ": a smaller batch or smaller shapes make it smaller");
  };
  planned.walk([&](KernelOp kernel) {
    for (Value result : kernel.getResults())
      expect(result, kernel);
    for (Value operand : kernel.getOperands())
      expect(operand, kernel);
  });
}

std::string memoryWarning(ModuleOp planned, int64_t batch, uint64_t machine) {
  Need need = needOf(planned);
  uint64_t all = need.fixed + need.perBatch;
  if (all <= machine || !need.largest)
    return "";
  return placeText(need.largest.getLoc()) + ": warning: training takes " + sizeText(all) + " of memory at a batch of " +
         std::to_string(batch) + ", and this machine has " + sizeText(machine) +
         "; here stands the largest buffer, of " + sizeText(largestResult(need.largest)) + "; " +
         advice(need, batch, machine) + "\n";
}

uint64_t roughMemory(const dsl::Model &model) {
  uint64_t numbers = 0;
  for (const dsl::Block &block : model.blocks)
    for (const dsl::Layer &layer : block.layers) {
      numbers += uint64_t(model.batch) * uint64_t(dsl::elements(layer.out));
      for (const dsl::Param &param : layer.params)
        numbers += 4 * uint64_t(dsl::elements(param.shape));
    }
  return numbers * sizeof(float);
}

uint64_t machineMemory() { return uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE)); }

} // namespace gan
