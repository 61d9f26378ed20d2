// Places in memory: their attributes in the IR, the views that lead to them, and the names of operations.
#include "compiler/passes/Places.h"
#include "compiler/Bug.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace gan {

int64_t byteSize(Tensor type) { return type.getNumElements() * (type.getElementTypeBitWidth() / 8); }

Value behindReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getX();
  return value;
}

AllReduceOp behindRanks(Value value) { return behindReshapes(value).getDefiningOp<AllReduceOp>(); }

namespace {

/// The place that was assigned to an operation itself; null if its results are views of something else.
PlaceAttr ownPlace(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto step = dyn_cast<StepOp>(argument.getOwner()->getParentOp()))
      return cast<PlaceAttr>((*step.getPlaces())[argument.getArgNumber()]);
  auto numbered = [&](std::optional<ArrayAttr> places) {
    return places ? cast<PlaceAttr>((*places)[cast<OpResult>(value).getResultNumber()]) : PlaceAttr();
  };
  return llvm::TypeSwitch<Operation *, PlaceAttr>(value.getDefiningOp())
      .Case<ReadOp, InputOp, ScalarOp, RngOp>([](auto op) { return op.getPlaceAttr(); })
      .Case<KernelOp, StepOp>([&](auto op) { return numbered(op.getPlaces()); })
      .Default(PlaceAttr());
}

} // namespace

Place placeOf(Value value) {
  int64_t offset = 0;
  while (true) {
    value = behindReshapes(value);
    if (PlaceAttr place = ownPlace(value))
      return {place.getSpace(), place.getOffset() + offset};
    if (auto unpack = value.getDefiningOp<UnpackOp>()) {
      offset += unpack.getOffset() * (tensorOf(value).getElementTypeBitWidth() / 8);
      value = unpack.getPacked();
      continue;
    }
    if (auto reduce = value.getDefiningOp<AllReduceOp>()) { // it writes over its operand
      value = reduce.getX();
      continue;
    }
    auto pack = value.getDefiningOp<PackOp>();
    ensure(pack, "a value without a place in a planned graph");
    value = pack.getParts()[0];
  }
}

std::vector<KernelOp> kernelsInOrder(GraphOp graph) {
  std::vector<KernelOp> kernels;
  for (Operation &op : graph.getBody().front()) {
    if (auto kernel = dyn_cast<KernelOp>(op))
      kernels.push_back(kernel);
    if (auto step = dyn_cast<StepOp>(op))
      for (auto kernel : step.getBody().front().getOps<KernelOp>())
        kernels.push_back(kernel);
  }
  return kernels;
}

StringRef labelOf(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef label = labelOf(part); !label.empty())
        return label;
  return "";
}

} // namespace gan
