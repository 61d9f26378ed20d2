// Fields: where each parameter lies in its block's packed state, and in which order of axes. Users see the shapes of
// PyTorch; in memory channels come last, so that kernels read them side by side.
#pragma once

#include "compiler/dialect/Gan.h"
#include "dsl/Model.h"

#include <map>

namespace gan {

/// A parameter's place in its block's packed state.
struct Field {
  int64_t offset;
  llvm::SmallVector<int64_t> inside; ///< shape in memory
};

/// Neighbours in a packed state.
struct Part {
  int64_t offset, size;
};

/// The name of a layer's parameter or buffer: "G.0.weight".
std::string tensorName(const dsl::Block &block, const dsl::Layer &layer, llvm::StringRef param);

/// The shape in memory of a layer's parameter or buffer.
llvm::SmallVector<int64_t> insideShape(const dsl::Layer &layer, const dsl::Param &param);

/// Says where the parameters of a model lie. This follows from the model alone.
class Fields {
public:
  Fields(const dsl::Model &model, mlir::MLIRContext *context);

  /// Null if there is no parameter of this name, "G.0.weight".
  const Field *find(const std::string &tensor) const;
  /// How many numbers the block's packed state has.
  /// Where the parameters of a label's layers lie among the packed ones of the block; without a label, of all layers.
  Part partOf(const dsl::Block &block, const dsl::Label *label) const;
  int64_t sizeOf(const dsl::Block &block) const { return sizes.at(block.name); }
  /// The field `prefix` + the tensor's own name + `suffix`, with the tensor's layout; it starts as `zero` or like the
  /// tensor.
  FieldAttr attribute(const dsl::Block &block, const dsl::Layer &layer, const dsl::Param &param,
                      const std::string &prefix, const std::string &suffix, bool zero, int64_t from = 0) const;
  /// Such a field for each parameter of a block, or of a label's layers, in the order in which they are packed, the
  /// first one at 0.
  std::vector<mlir::Attribute> attributes(const dsl::Block &block, const std::string &prefix, const std::string &suffix,
                                          bool zero, const dsl::Label *label = nullptr) const;

private:
  mlir::MLIRContext *context;
  std::map<std::string, Field> fields;  ///< "G.0.weight"
  std::map<std::string, int64_t> sizes; ///< by the name of the block
};

} // namespace gan
