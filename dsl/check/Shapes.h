// The shape of what each layer gives, from the shape of what comes in and the layer's arguments. Sizes are never
// written twice in a model: all but a layer's own follow from here.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// The shape that the chain of layers starts with: the inputs concatenated, without those that a layer refers to by
/// name. Empty if they do not fit together.
Shape joinedShape(const Block &block, Report &report);
/// The shape of the output of the layer that comes next in the block; nothing if the layer does not fit its input,
/// which is reported. Sizes that may be left out are filled in. After the `last` layer no other changes the shape, so
/// it takes its size from the block's outputs.
std::optional<Shape> layerShape(Layer &layer, const Block &block, bool last, const Model &model, Report &report);
/// Adds notes about strides that leave rows over, which often cause a size that is not the expected one.
void noteRemainders(const Block &block, Diagnostic &d);

} // namespace gan::dsl
