// The sizes of a convolution and of its two gradients, and how an axis of a result is divided into phases. Along one
// axis y[i] = sum_a x[i * stride + a * dilation - pad] w[a]. So x'[j] gathers the taps a with a * dilation = j + pad
// modulo stride: which taps these are depends only on j mod stride, which is the phase of j.
#pragma once

#include "compiler/dialect/Gan.h"

namespace gan {

struct ConvGeometry {
  mlir::Value x, w, y;
  int32_t n, ci, co, groups;
  int32_t in[2], kernel[2], out[2]; ///< height, width
  int32_t stride[2], pad[2], dilation[2];
  int32_t groupIn() const { return ci / groups; }
  int32_t groupOut() const { return co / groups; }
};
ConvGeometry convGeometry(mlir::Operation *op);

/// The greatest divisor of `n` that is at most `most`, and at least 1.
int32_t greatestDivisor(int32_t n, int64_t most);

/// One axis of a result that is gathered from a source. Target j = point * phases + phase has counts[phase] taps t. Tap
/// t reads source position point * sourceStep + bases[phase] + t * tapStep and kernel element firsts[phase] + t *
/// kernelStep.
struct GatherAxis {
  int32_t phases = 1, points = 1; ///< `points` is that of the longest phase
  int32_t sourceStep = 1, tapStep = 1, kernelStep = 1;
  llvm::SmallVector<int32_t> firsts, bases, counts;
  int32_t taps() const { return *llvm::max_element(counts); }
  bool uneven() const { return !llvm::all_equal(counts); }
};
GatherAxis forwardAxis(const ConvGeometry &g, int axis);
GatherAxis inputGradAxis(const ConvGeometry &g, int axis);

/// The same axis as convolutions in which neighbouring points read neighbouring sources. Sources are divided into
/// classes, and targets into more phases if taps are further apart than points. Tap t of a class reads source position
/// (point + t) * step + base and kernel element first + t * kernelStep.
struct DenseAxis {
  struct Part {
    int32_t base = 0, first = 0, count = 0; ///< `count` is the number of taps
  };
  int32_t phases = 1, points = 1, classes = 1, step = 1, kernelStep = 1;
  llvm::SmallVector<Part> parts; ///< of phase * classes + class
  int32_t taps() const;          ///< the most taps of a class, at least 1
};
DenseAxis denseAxis(const GatherAxis &axis);

} // namespace gan
