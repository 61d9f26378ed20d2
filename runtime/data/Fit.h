// Fits a picture to the model's size.
//
// Channels are converted to the wanted ones as Pillow's convert does for L, LA, RGB and RGBA (1 to 4 channels). Alpha
// is kept if it is wanted and otherwise dropped (the colours beneath it are taken as they are, nothing is blended).
// Colours become grey as 0.299 R + 0.587 G + 0.114 B, grey is repeated, and a missing alpha is opaque.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Pictures are grey, grey and alpha, RGB, or RGB and alpha.
constexpr int64_t mostPictureChannels = 4;

/// Converts pixels with `from` channels to pixels with `to` channels, each 1 to 4, by the rule above.
void convertChannels(const uint8_t *in, int64_t from, size_t pixels, int64_t to, uint8_t *out);

/// Converts the channels by the rule above if they differ, crops the centre to the wanted aspect ratio, and resizes: to
/// a smaller size by averages over the covered area, weighted with a tent, to a larger one bilinearly.
void resizeImage(const uint8_t *in, int64_t channels, int64_t height, int64_t width, const WantedData &wanted,
                 uint8_t *out);

/// Whether resizeImage changes pictures of this size.
bool isResized(int64_t channels, int64_t height, int64_t width, const WantedData &wanted);
/// "images of 3 x 40 x 30 are cropped and resized to 1 x 28 x 28"
std::string resizedNote(int64_t channels, int64_t height, int64_t width, const WantedData &wanted);

/// Throws UserError with `origin` if the model needs more channels than pictures have.
void checkPictureChannels(const std::string &origin, const WantedData &wanted);

} // namespace ganrt
