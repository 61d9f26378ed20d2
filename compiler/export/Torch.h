// A block as a PyTorch module: a Python file with a class derived from nn.Sequential, and its weights as safetensors.
#pragma once

#include "compiler/export/Weights.h"

namespace gan {

struct TorchFiles {
  std::string python;      ///< text of the module
  std::string safetensors; ///< bytes of its weights
};

/// `weightsName` is the name of the file of weights, which lies beside the module. Throws ExportError for a layer that
/// it does not know, by name.
TorchFiles torchOf(const dsl::Model &model, const dsl::Block &block, Weights &weights, const std::string &weightsName,
                   const std::string &version);

} // namespace gan
