// Counter-based random numbers, Philox 4x32-10 (Salmon et al. 2011): the same on every device and for any number of
// threads. Kernels draw by the same rule: element i belongs to tile t = i / 64; with r = i % 64 it takes word r / 16 of
// the block whose first counter is 16 t + r % 16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ganrt {

/// The key, and the counters that do not change within one draw. These are the words in GAN_SPACE_RNG.
struct DrawKey {
  uint32_t key0, key1;
  uint32_t application;
  uint64_t iteration;
};

/// The key of one use of randomness: the seed mixed with the name of the purpose. The application and the iteration are
/// words of the counter; each repetition of a step has a key of its own.
DrawKey drawKey(uint64_t seed, std::string_view purpose, uint32_t application = 0, uint64_t iteration = 0,
                uint32_t repetition = 0);

std::array<uint32_t, 4> philox(const DrawKey &key, uint32_t block);

/// Element `i` of a draw, uniform in [0, 1) with 24 bits.
float uniformAt(const DrawKey &key, uint64_t i);
/// Element `i` of a draw, standard normal by the Box-Muller transform.
float normalAt(const DrawKey &key, uint64_t i);
/// Draw `count` elements at once, beginning with `first`, a multiple of 64. Each block of words gives four elements.
void fillUniform(const DrawKey &key, size_t first, double *out, size_t count);
void fillNormal(const DrawKey &key, size_t first, double *out, size_t count);
/// A uniform integer in [0, n), for shuffling.
uint64_t indexAt(const DrawKey &key, uint64_t i, uint64_t n);

} // namespace ganrt
