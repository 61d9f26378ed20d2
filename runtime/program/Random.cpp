#include "runtime/program/Random.h"

#include <cmath>

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

std::array<uint32_t, 4> philox(const DrawKey &s, uint32_t block) {
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

std::array<float, 4> uniforms(const std::array<uint32_t, 4> &words) {
  std::array<float, 4> u;
  for (int i = 0; i < 4; ++i)
    u[i] = float(words[i] >> 8) * 0x1p-24f;
  return u;
}

/// Two pairs of independent normal numbers (Box & Muller 1958).
std::array<float, 4> normals(const std::array<uint32_t, 4> &words) {
  std::array<float, 4> n;
  for (int pair = 0; pair < 4; pair += 2) {
    float u0 = float((words[pair] >> 8) + 1) * 0x1p-24f, u1 = float(words[pair + 1] >> 8) * 0x1p-24f;
    float radius = std::sqrt(-2 * std::log(u0)), angle = 6.28318530717958647692f * u1;
    n[pair] = radius * std::cos(angle), n[pair + 1] = radius * std::sin(angle);
  }
  return n;
}

using Convert = std::array<float, 4> (*)(const std::array<uint32_t, 4> &);

float elementAt(const DrawKey &s, uint64_t i, Convert convert) {
  uint64_t r = i % 64;
  return convert(philox(s, uint32_t(i / 64 * 16 + r % 16)))[r / 16];
}

void fill(const DrawKey &s, size_t first, double *out, size_t count, Convert convert) {
  for (size_t block = 0; block * 4 < (count + 63) / 64 * 64; ++block) {
    std::array<float, 4> values = convert(philox(s, uint32_t(first / 4 + block)));
    for (size_t w = 0; w < 4; ++w)
      if (size_t i = block / 16 * 64 + w * 16 + block % 16; i < count)
        out[i] = values[w];
  }
}

} // namespace

float uniformAt(const DrawKey &s, uint64_t i) { return elementAt(s, i, uniforms); }
float normalAt(const DrawKey &s, uint64_t i) { return elementAt(s, i, normals); }
void fillUniform(const DrawKey &s, size_t first, double *out, size_t count) { fill(s, first, out, count, uniforms); }
void fillNormal(const DrawKey &s, size_t first, double *out, size_t count) { fill(s, first, out, count, normals); }

uint64_t indexAt(const DrawKey &s, uint64_t i, uint64_t n) {
  std::array<uint32_t, 4> block = philox(s, uint32_t(i));
  return uint64_t((static_cast<unsigned __int128>((uint64_t(block[0]) << 32) | block[1]) * n) >> 64);
}

} // namespace ganrt
