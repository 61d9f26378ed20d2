// Reports what does not fit: buffers that are too large, groups that do not divide the batch, norms over a single
// value. Kernels count the elements of a buffer in 32 bits, and a mistyped size would otherwise end in a program that
// cannot run.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// Reports a shape with more elements than one buffer can hold.
bool fits(const std::string &what, const Shape &shape, Span span, Report &report);
/// Checks that a layer's output for one sample and its tensors fit into buffers, whatever the batch is.
bool layerFits(const Layer &layer, Report &report);
/// Checks all that depends on the size of the batch: data, latents and layers.
void checkBatch(const Model &model, Report &report);

} // namespace gan::dsl
