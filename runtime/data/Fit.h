// How a picture becomes one of the model's size.
//
// Channels become those that are wanted as Pillow's convert makes L, LA, RGB and RGBA (1 to 4 channels): alpha is kept
// where it is wanted and dropped elsewhere (the colours beneath it are taken as they are, nothing is blended), colours
// become grey by 0.299 R + 0.587 G + 0.114 B, grey is repeated, and an alpha that is not there is opaque.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Grey, grey and alpha, RGB, RGB and alpha.
constexpr int64_t mostPictureChannels = 4;

/// Pixels with `from` channels to pixels with `to`, each 1 to 4, by the rule above.
void convertChannels(const uint8_t *in, int64_t from, size_t pixels, int64_t to, uint8_t *out);

/// Channels by the rule above where they differ; centre crop to the wanted aspect, then area averages (smaller) or
/// bilinear (larger).
void resizeImage(const uint8_t *in, int64_t channels, int64_t height, int64_t width, const WantedData &wanted,
                 uint8_t *out);

/// Whether pictures of this size are changed by it.
bool isResized(int64_t channels, int64_t height, int64_t width, const WantedData &wanted);
/// "images of 3 x 40 x 30 are cropped and resized to 1 x 28 x 28"
std::string resizedNote(int64_t channels, int64_t height, int64_t width, const WantedData &wanted);

/// Throws UserError with `origin` where the model wants more channels than pictures have.
void checkPictureChannels(const std::string &origin, const WantedData &wanted);

} // namespace ganrt
