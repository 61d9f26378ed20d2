// builtin:glyphs: ten classes of strokes drawn by the program, with known factors, so that codes learned can be
// compared with the truth and the first command needs no file.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// What one image was drawn from.
struct GlyphFactors {
  int32_t shape;        ///< class, 0..9
  float slant;          ///< shear, -0.4 (left) .. 0.4
  float width;          ///< horizontal stretch, 0.6 .. 1.1
  float thickness;      ///< of the stroke, 0.05 .. 0.12 of the height
  float shiftX, shiftY; ///< -0.08 .. 0.08 of the size
};

/// Of image `i`: the same for a seed, whatever the size drawn. The parts have different ones.
GlyphFactors glyphFactors(Part part, int64_t i, uint64_t seed);

/// 10,000 images to train on, 1,000 to test.
Dataset drawGlyphs(Part part, const WantedData &wanted, uint64_t seed);

} // namespace ganrt
