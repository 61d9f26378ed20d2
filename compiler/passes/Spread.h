// How a value lies over ranks: processes that share a batch and run the same program, each on its own samples. The
// dimensions of a value are taken apart into factors, so that the samples can be followed through reshapes.
#pragma once

#include "compiler/dialect/Gan.h"

namespace gan {

/// What changes along a factor of a dimension.
enum class Along {
  Same,   ///< nothing: the value repeats
  Other,  ///< something that each rank has whole
  Samples ///< the samples of the rank's part of the batch
};

struct Factor {
  int64_t size;
  Along along;
  bool operator==(const Factor &) const = default;
};

/// Factors of one dimension, the one that changes most slowly first.
using Factors = llvm::SmallVector<Factor, 2>;

/// How a value lies over ranks. A value without samples is the same on every rank or, if it is `partial`, is made of a
/// sum over the rank's samples: its mean over the ranks is the value that one process would have with the whole batch.
struct Spread {
  llvm::SmallVector<Factors> dims;
  bool partial = false;
  bool own = false; ///< each rank has its own value and goes on with that; it has no samples
  bool hasSamples() const;
};

/// A dimension of one factor.
Factors factor(int64_t size, Along along);
bool hasSamples(const Factors &factors);

/// What changes along a dimension of a value computed from two that have this dimension. Nothing if one of them changes
/// along the other's samples, which is then a value that knows where in the batch a sample stands.
std::optional<Factors> joined(Factors a, Factors b);

/// Factors of other dimensions with the same elements in row-major order. Nothing if samples would lie in parts over
/// several dimensions.
std::optional<llvm::SmallVector<Factors>> reshaped(llvm::ArrayRef<Factors> dims, llvm::ArrayRef<int64_t> shape);

} // namespace gan
