// The data set builtin:glyphs: ten classes of strokes, which the program draws. The factors of each image are known, so
// that learned codes can be compared with the truth, and a first try needs no files.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// The factors that one image is drawn from.
struct GlyphFactors {
  int32_t shape;        ///< class, 0..9
  float slant;          ///< shear, -0.4 (left) .. 0.4
  float width;          ///< horizontal stretch, 0.6 .. 1.1
  float thickness;      ///< thickness of the stroke, 0.05 .. 0.12 of the size
  float shiftX, shiftY; ///< shift, -0.08 .. 0.08 of the size
};

/// The factors of image `i`. They depend on the part and the seed but not on the size that is drawn.
GlyphFactors glyphFactors(Part part, int64_t i, uint64_t seed);

/// 10,000 images to train on, 1,000 to test.
Dataset drawGlyphs(Part part, const WantedData &wanted, uint64_t seed);

} // namespace ganrt
