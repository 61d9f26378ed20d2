#include "runtime/program/Random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <utility>

namespace ganrt {

static uint64_t mix(uint64_t x) { // SplitMix64's finaliser
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

DrawKey drawKey(uint64_t seed, std::string_view purpose, uint32_t application, uint64_t iteration,
                uint32_t repetition) {
  uint64_t hash = 0xcbf29ce484222325u; // FNV-1a
  for (unsigned char c : purpose)
    hash = (hash ^ c) * 0x100000001b3u;
  uint64_t key = mix(seed ^ hash);
  if (repetition)
    key = mix(key ^ mix(repetition));
  return {uint32_t(key), uint32_t(key >> 32), application, iteration};
}

namespace {

// What follows is inlined, because a loop with a call in it is not vectorised.

[[gnu::always_inline]] inline float uniform(uint32_t word) { return float(int32_t(word >> 8)) * 0x1p-24f; }

/// Without a branch, so that it can be done for a vector.
[[gnu::always_inline]] inline float select(bool which, float yes, float no) {
  uint32_t mask = 0u - uint32_t(which);
  return std::bit_cast<float>((std::bit_cast<uint32_t>(yes) & mask) | (std::bit_cast<uint32_t>(no) & ~mask));
}

[[gnu::always_inline]] inline float negate(uint32_t which, float x) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(x) ^ (which << 31));
}

/// The natural logarithm of u in (0, 1]: u = m 2^e with m between sqrt(1/2) and sqrt(2), and the polynomial for log(m)
/// of the Cephes library (Moshier 1989). The error is below 1e-7 of the result.
[[gnu::always_inline]] inline float logarithm(float u) {
  uint32_t bits = std::bit_cast<uint32_t>(u);
  int32_t e = int32_t(bits - 0x3f3504f3u) >> 23;
  float x = std::bit_cast<float>(bits - (uint32_t(e) << 23)) - 1, z = x * x;
  float y = 7.0376836292e-2f;
  for (float c : {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                  2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f})
    y = y * x + c;
  return (x + (y * x * z - 0.5f * z - 2.12194440e-4f * float(e))) + 0.693359375f * float(e);
}

/// sin and cos of 2 pi u for u in [0, 1), by quadrant and Taylor polynomials on [-pi/4, pi/4], as kernels compute them.
[[gnu::always_inline]] inline std::pair<float, float> sincos(float u) {
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): lround is a call, and u is exact enough to be rounded like this
  auto quadrant = int32_t(u * 4 + 0.5f);
  float t = (u - float(quadrant) * 0.25f) * float(2 * std::numbers::pi), q = t * t;
  float s = t * (1 + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
  float c = 1 + q * (-0.5f + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320 + q * (-1.0f / 3628800)))));
  bool swapped = quadrant & 1;
  auto turn = uint32_t(quadrant);
  return {negate(turn >> 1 & 1, select(swapped, c, s)), negate((turn + 1) >> 1 & 1, select(swapped, s, c))};
}

/// Two independent normal numbers of two words (Box & Muller 1958).
[[gnu::always_inline]] inline std::pair<float, float> normals(uint32_t first, uint32_t second) {
  float radius = std::sqrt(-2 * logarithm(float(int32_t((first >> 8) + 1)) * 0x1p-24f));
  auto [s, c] = sincos(uniform(second));
  return {radius * c, radius * s};
}

/// The words of `n` blocks from `block` on, side by side, so that the compiler makes vectors of them: word w of block l
/// stands at w * n + l.
template <size_t n> std::array<uint32_t, 4 * n> wordsOf(const DrawKey &s, uint32_t block) {
  std::array<uint32_t, 4 * n> words;
  uint32_t *c0 = words.data(), *c1 = c0 + n, *c2 = c1 + n, *c3 = c2 + n;
  for (size_t l = 0; l < n; ++l) {
    c0[l] = block + uint32_t(l), c1[l] = s.application;
    c2[l] = uint32_t(s.iteration), c3[l] = uint32_t(s.iteration >> 32);
  }
  uint32_t k0 = s.key0, k1 = s.key1;
  for (int round = 0; round < 10; ++round) {
    for (size_t l = 0; l < n; ++l) {
      uint64_t p0 = uint64_t(0xD2511F53u) * c0[l], p1 = uint64_t(0xCD9E8D57u) * c2[l];
      c0[l] = uint32_t(p1 >> 32) ^ c1[l] ^ k0, c1[l] = uint32_t(p1);
      c2[l] = uint32_t(p0 >> 32) ^ c3[l] ^ k1, c3[l] = uint32_t(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return words;
}

/// Blocks whose words make a tile of consecutive elements.
constexpr size_t lanes = 16;

/// The block and the word of element `i`.
std::array<uint32_t, 4> blockOf(const DrawKey &s, uint64_t i) {
  return philox(s, uint32_t(i / (4 * lanes) * lanes + i % lanes));
}
size_t wordOf(uint64_t i) { return i % (4 * lanes) / lanes; }

/// Calls `convert` with the words of each tile and the elements that they become.
template <class Convert> void fill(const DrawKey &s, size_t first, double *out, size_t count, Convert convert) {
  for (size_t done = 0; done < count; done += 4 * lanes) {
    std::array<float, 4 * lanes> elements;
    convert(wordsOf<lanes>(s, uint32_t((first + done) / 4)), elements);
    std::copy_n(elements.begin(), std::min(4 * lanes, count - done), out + done);
  }
}

} // namespace

std::array<uint32_t, 4> philox(const DrawKey &s, uint32_t block) { return wordsOf<1>(s, block); }

float uniformAt(const DrawKey &s, uint64_t i) { return uniform(blockOf(s, i)[wordOf(i)]); }

float normalAt(const DrawKey &s, uint64_t i) {
  std::array<uint32_t, 4> block = blockOf(s, i);
  size_t word = wordOf(i);
  std::pair<float, float> both = normals(block[word & 2], block[(word & 2) + 1]);
  return word & 1 ? both.second : both.first;
}

void fillUniform(const DrawKey &s, size_t first, double *out, size_t count) {
  fill(s, first, out, count, [](const auto &words, auto &elements) {
    for (size_t i = 0; i < words.size(); ++i)
      elements[i] = uniform(words[i]);
  });
}

void fillNormal(const DrawKey &s, size_t first, double *out, size_t count) {
  fill(s, first, out, count, [](const auto &words, auto &elements) {
    for (size_t pair = 0; pair < words.size(); pair += 2 * lanes)
      for (size_t l = pair; l < pair + lanes; ++l) {
        std::pair<float, float> both = normals(words[l], words[l + lanes]);
        elements[l] = both.first, elements[l + lanes] = both.second;
      }
  });
}

uint64_t indexAt(const DrawKey &s, uint64_t i, uint64_t n) {
  std::array<uint32_t, 4> block = philox(s, uint32_t(i));
  return uint64_t((static_cast<unsigned __int128>((uint64_t(block[0]) << 32) | block[1]) * n) >> 64);
}

} // namespace ganrt
