#include "runtime/Random.h"

#include <cmath>

namespace ganrt {

static uint64_t mix(uint64_t x) { // SplitMix64's finaliser
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

Stream stream(uint64_t seed, std::string_view purpose, uint32_t application, uint64_t iteration) {
  uint64_t hash = 0xcbf29ce484222325u; // FNV-1a
  for (unsigned char c : purpose)
    hash = (hash ^ c) * 0x100000001b3u;
  uint64_t key = mix(seed ^ hash);
  return {uint32_t(key), uint32_t(key >> 32), application, iteration};
}

std::array<uint32_t, 4> philox(const Stream &s, uint32_t block) {
  std::array<uint32_t, 4> c{block, s.application, uint32_t(s.iteration), uint32_t(s.iteration >> 32)};
  uint32_t k0 = s.key0, k1 = s.key1;
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53u) * c[0], p1 = uint64_t(0xCD9E8D57u) * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1, uint32_t(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

namespace {
struct Word {
  std::array<uint32_t, 4> block;
  unsigned index;
};
Word wordOf(const Stream &s, uint64_t i) {
  uint64_t r = i % 64;
  return {philox(s, uint32_t(i / 64 * 16 + r % 16)), unsigned(r / 16)};
}
} // namespace

float uniformAt(const Stream &s, uint64_t i) {
  Word w = wordOf(s, i);
  return float(w.block[w.index] >> 8) * 0x1p-24f;
}

float normalAt(const Stream &s, uint64_t i) {
  Word w = wordOf(s, i);
  unsigned pair = w.index / 2 * 2;
  float u0 = float((w.block[pair] >> 8) + 1) * 0x1p-24f, u1 = float(w.block[pair + 1] >> 8) * 0x1p-24f;
  float radius = std::sqrt(-2 * std::log(u0)), angle = 6.28318530717958647692f * u1;
  return radius * (w.index % 2 ? std::sin(angle) : std::cos(angle));
}

uint64_t indexAt(const Stream &s, uint64_t i, uint64_t n) {
  std::array<uint32_t, 4> block = philox(s, uint32_t(i));
  return uint64_t((static_cast<unsigned __int128>((uint64_t(block[0]) << 32) | block[1]) * n) >> 64);
}

} // namespace ganrt
