#include "compiler/codegen/program/Suspects.h"
#include "compiler/passes/Places.h"

#include <algorithm>

using namespace mlir;

namespace gan {

/// Division is safe by a constant other than 0, and so is a power with a constant exponent of at least 1.
static bool canBreak(Operation &op) {
  if (!isa<DivOp, PowOp, ExpOp, Expm1Op, LogOp, SqrtOp>(op))
    return false;
  std::optional<double> second = op.getNumOperands() == 2 ? splatValue(op.getOperand(1)) : std::nullopt;
  return !second || (isa<DivOp>(op) ? *second == 0 : *second < 1);
}

ModelPlace placeInModel(Location location) {
  ModelPlace place{labelOf(location).str(), ""};
  location->walk([&](Location part) {
    auto file = dyn_cast<FileLineColLoc>(part);
    if (!file)
      return WalkResult::advance();
    place.file = file.getFilename().str();
    place.line = file.getLine();
    place.column = file.getColumn();
    return WalkResult::interrupt();
  });
  return place;
}

std::string placeText(Location location) {
  ModelPlace place = placeInModel(location);
  return place.line ? place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) : "";
}

std::vector<ModelPlace> suspectsOf(KernelOp kernel) {
  std::vector<ModelPlace> found;
  for (Operation &op : kernel.getBody().front()) {
    if (!canBreak(op))
      continue;
    ModelPlace place = placeInModel(op.getLoc());
    bool known = std::any_of(found.begin(), found.end(), [&](const ModelPlace &other) {
      return other.line == place.line && other.column == place.column;
    });
    if (!known && place.line)
      found.push_back(place);
  }
  return found;
}

} // namespace gan
