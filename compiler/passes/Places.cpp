// Places: their text in the IR, the views that lead to them, and names of operations.
#include "compiler/passes/Places.h"
#include "compiler/Bug.h"

using namespace mlir;

namespace gan {

static constexpr StringRef spaceNames[] = {"arena", "state", "input", "scalar", "rng"};

StringRef spaceName(Space space) { return spaceNames[size_t(space)]; }

ArrayAttr placeAttr(MLIRContext *context, Place place) {
  Builder builder(context);
  return builder.getArrayAttr({builder.getStringAttr(spaceName(place.space)), builder.getI64IntegerAttr(place.offset)});
}

Place placeFromAttr(Attribute attribute) {
  auto pair = cast<ArrayAttr>(attribute);
  const auto *name = llvm::find(spaceNames, cast<StringAttr>(pair[0]).getValue());
  ensure(name != std::end(spaceNames), "unknown space");
  return {Space(name - spaceNames), cast<IntegerAttr>(pair[1]).getInt()};
}

int64_t byteSize(Tensor type) { return type.getNumElements() * (type.getElementTypeBitWidth() / 8); }

Value behindReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getX();
  return value;
}

Place placeOf(Value value) {
  int64_t offset = 0;
  while (true) {
    value = behindReshapes(value);
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      Attribute states = argument.getOwner()->getParentOp()->getAttr("places");
      Place place = placeFromAttr(cast<ArrayAttr>(states)[argument.getArgNumber()]);
      return {place.space, place.offset + offset};
    }
    Operation *def = value.getDefiningOp();
    if (auto unpack = dyn_cast<UnpackOp>(def)) {
      offset += unpack.getOffset() * (tensorOf(value).getElementTypeBitWidth() / 8);
      value = unpack.getPacked();
      continue;
    }
    if (auto pack = dyn_cast<PackOp>(def)) {
      value = pack.getParts()[0];
      continue;
    }
    Attribute place = def->getAttr("place");
    if (isa<KernelOp, StepOp>(def))
      place = cast<ArrayAttr>(def->getAttr("places"))[cast<OpResult>(value).getResultNumber()];
    ensure(bool(place), "a value without a place in a planned graph");
    Place found = placeFromAttr(place);
    return {found.space, found.offset + offset};
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
