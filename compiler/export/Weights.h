// The tensors of a checkpoint, as the exporters read them: by the block and layer that they belong to, moving averages
// and spectral norms already applied.
#pragma once

#include "dsl/Model.h"

#include <map>
#include <string>
#include <vector>

namespace gan {

/// Numbers in PyTorch's shape and order.
struct Weight {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

class Weights {
public:
  /// Reads a .safetensors file. Throws ExportError with the path.
  explicit Weights(const std::string &path);

  /// The iteration after which a checkpoint was written; -1 if the file tells none or cannot be read.
  static int64_t iterationOf(const std::string &path);

  /// A tensor of a layer: that of the block's moving average where there is one, as for everything that is shown. A
  /// weight with spectral norm is the one divided by it. Null if the layer has no such tensor. Throws ExportError if
  /// the file's is missing or of another shape, so that the checkpoint is not of this model.
  const Weight *find(const dsl::Block &block, const dsl::Layer &layer, const std::string &name);
  /// The same for a tensor that the layer must have.
  const Weight &at(const dsl::Block &block, const dsl::Layer &layer, const std::string &name);

private:
  struct File;
  const Weight *stored(const dsl::Block &block, const dsl::Layer &layer, const std::string &name);
  Weight overSpectralNorm(const dsl::Layer &layer, const Weight &w, const Weight &u, const Weight &v) const;

  std::string path;
  std::map<std::string, Weight> tensors;
  std::map<std::string, Weight> divided; ///< weights over their spectral norms, by name
};

} // namespace gan
