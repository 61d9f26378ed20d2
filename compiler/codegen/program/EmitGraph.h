// Writes one graph's tables of program.c, and the pieces that all tables use.
#pragma once

#include "compiler/codegen/program/CText.h"
#include "compiler/dialect/Gan.h"
#include "compiler/passes/Places.h"

#include <map>
#include <string>
#include <vector>

namespace gan {

/// A gan_layout: the shape of a tensor as users see it, and how it lies in memory.
struct Layout {
  std::string dtype; ///< "f32", ...
  llvm::SmallVector<int64_t> shape, view, order;
};

std::string dtypeName(mlir::Type element);
Layout layoutOf(LayoutAttr layout, mlir::Type element);
/// The layout of an activation: images are (N, H, W, C) in memory and (N, C, H, W) for users; all others are equal.
Layout layoutOf(Tensor type);
std::string emitLayout(const Layout &layout);
std::string emitAddress(Place place);
/// A gan_number from reverse Polish text; `$name` is looked up in `constants`.
std::string emitNumber(CArrays &arrays, const std::string &name, llvm::StringRef polish,
                       const std::vector<std::string> &constants);
/// A gan_graph.
std::string emitGraph(CArrays &arrays, mlir::ModuleOp module, GraphOp graph,
                      const std::map<mlir::Operation *, unsigned> &kernelOf, const std::vector<std::string> &constants);

} // namespace gan
