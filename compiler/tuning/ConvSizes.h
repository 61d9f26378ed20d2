// The counts of a convolution that decide its time, from the numbers of its workload: loops of the direct sum, and of
// Winograd's transforms with tiles of some size.
#pragma once

#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/tuning/Workload.h"

namespace gan {

// NOLINTNEXTLINE(bugprone-reserved-identifier): a name within the copy constructor that compilers make
struct ConvSizes {
  explicit ConvSizes(const Workload &workload);

  bool gradient;                        ///< whether it is a weight gradient
  int64_t images, channels, results;    ///< `channels` are those that are summed over
  int64_t groups, phases, points, taps; ///< of the direct sum: phases, points of one of an image, taps of a point
  int64_t lines;                        ///< rows of points of an image, which is what a weight gradient is cut into
  int64_t source;                       ///< elements of an image that is read
  DenseAxis axis[2];

  /// Winograd's transforms with tiles of `size` outputs (of a weight gradient: of points) along an axis.
  struct Transform {
    int64_t spotsOfAxis[2], tilesOfAxis[2];
    int64_t spots, tiles, phases, classes; ///< `tiles` are those of an image and a phase
  };
  Transform transform(int64_t size) const;
};

} // namespace gan
