// Counter-based random numbers, Philox 4x32-10 (Salmon et al. 2011): the same on every device and for any number of
// threads. Kernels draw by the same rule: element i belongs to tile t = i / 64; with r = i % 64 it takes word r / 16 of
// the block whose first counter is 16 t + r % 16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ganrt {

/// Key and the counters that do not change within one draw; the words of GAN_SPACE_RNG.
struct Stream {
  uint32_t key0, key1;
  uint32_t application;
  uint64_t iteration;
};

/// The stream of one use of randomness: the seed mixed with the name of the purpose. The counters have words for the
/// application and the iteration; each repetition of a step has a key of its own.
Stream stream(uint64_t seed, std::string_view purpose, uint32_t application = 0, uint64_t iteration = 0,
              uint32_t repetition = 0);

std::array<uint32_t, 4> philox(const Stream &stream, uint32_t block);

/// Element `i` of the stream, uniform in [0, 1) with 24 bits.
float uniformAt(const Stream &stream, uint64_t i);
/// Element `i` of the stream, standard normal by Box and Muller.
float normalAt(const Stream &stream, uint64_t i);
/// `count` elements of the stream from `first`, a multiple of 64, at once: four for each block of words.
void fillUniform(const Stream &stream, size_t first, double *out, size_t count);
void fillNormal(const Stream &stream, size_t first, double *out, size_t count);
/// Uniform over [0, n), for shuffling.
uint64_t indexAt(const Stream &stream, uint64_t i, uint64_t n);

} // namespace ganrt
