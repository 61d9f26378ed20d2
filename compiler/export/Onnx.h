// A block as an ONNX model: its layers as ONNX's operators, in evaluation, with the expectations of its outputs.
#pragma once

#include "compiler/export/Weights.h"

namespace gan {

/// The bytes of an .onnx file that computes the block's outputs from its inputs, which have the names by which `apply`
/// takes them. Throws ExportError for a layer that ONNX cannot express, by name.
std::string onnxOf(const dsl::Model &model, const dsl::Block &block, Weights &weights, const std::string &version);

} // namespace gan
