// What a block makes of points, such as a classifier's features of images: the space in which samples are compared with
// data.
#pragma once

#include "runtime/generate/Likelihood.h"

namespace ganrt {

/// A block that can be applied to points by itself: what else it takes is drawn.
struct FeatureBlock {
  const gan_graph *table;
  uint32_t input;              ///< the graph's input that takes the points
  const gan_observation *made; ///< its first value
};

/// The block of this name, if it takes points of `size` numbers. Throws UserError if there is no such block, or it
/// takes something else.
FeatureBlock featureBlock(const gan_program &program, const std::string &name, size_t size);
/// The blocks that make classes of points of `size` numbers.
std::vector<FeatureBlock> classifiers(const gan_program &program, size_t size);

/// The first value of the block on each point, in PyTorch's order.
Points featuresOf(const Session &session, const FeatureBlock &block, const Points &points);

/// How many points are of each class, by the block's most likely one.
std::vector<int64_t> classesOf(const Session &session, const FeatureBlock &block, const Points &points);

} // namespace ganrt
