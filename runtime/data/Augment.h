// Changes to training images that are drawn for each sample: --augment. What is drawn follows from the seed and the
// sample's place in the run alone, so that a run repeats, resumed or not and with any number of threads.
#pragma once

#include <cstdint>
#include <string>

namespace ganrt {

struct Dataset;

/// What may happen to an image, and how far.
struct Augmentation {
  bool flip = false;     ///< mirrored, with probability 1/2
  int64_t shift = 0;     ///< by up to so many pixels along each axis
  double crop = 1;       ///< to a part with at least this share of its sides, which is made as large as it was
  double rotate = 0;     ///< by up to so many degrees either way
  double brightness = 0; ///< up to this share of the range is added or taken off
  double contrast = 0;   ///< differences from the image's mean become up to this share larger or smaller

  bool any() const;
};

/// Reads "flip, shift 4, crop 0.8, rotate 10, brightness 0.2, contrast 0.2": any of these, in any order. Throws
/// UserError.
Augmentation readAugmentation(const std::string &text);

/// What happens to one image.
struct Alteration {
  bool mirrored = false;
  float size = 1, angle = 0;     ///< share of the sides that is seen; radians
  float right = 0, down = 0;     ///< where the middle of what is seen lies, in pixels from the image's middle,
  int64_t width = 0, height = 0; ///< for an image of this size; another one has its middle at the same shares; 0: any
  float brighter = 0, steep = 1; ///< share of the range; factor of differences from the mean

  bool moves() const { return size != 1 || angle != 0 || right != 0 || down != 0; }
  bool recolours() const { return brighter != 0 || steep != 1; }
};

/// The alteration of sample `j` of a batch of a stream, for images of this size.
Alteration drawAlteration(const Augmentation &augmentation, const Dataset &data, uint64_t seed, uint32_t stream,
                          uint64_t batch, uint64_t j);

/// Alters a (height, width, channels) image with values in [lo, hi]. What was beyond its border is its reflection;
/// values between pixels are interpolated, and what leaves the range becomes its end.
void alter(const Dataset &data, const Alteration &alteration, double lo, double hi, float *image);

} // namespace ganrt
