#include "runtime/Roofline.h"

#include <algorithm>
#include <chrono>
#include <immintrin.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace ganrt {
namespace {

constexpr int chains = 12; // enough to cover the latency of two pipes
constexpr long rounds = 400000;

// The barrier keeps the compiler from folding the chain; values stay finite because the factor is 1 and the addend 0.
__attribute__((target("avx512f"))) void chainAvx512() {
  __m512 x[chains], one = _mm512_set1_ps(1), zero = _mm512_setzero_ps();
  for (__m512 &v : x)
    v = one;
  for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int k = 0; k < chains; ++k) {
      x[k] = _mm512_fmadd_ps(x[k], one, zero);
      asm volatile("" : "+v"(x[k]));
    }
}

__attribute__((target("avx2,fma"))) void chainAvx2() {
  __m256 x[chains], one = _mm256_set1_ps(1), zero = _mm256_setzero_ps();
  for (__m256 &v : x)
    v = one;
  for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int k = 0; k < chains; ++k) {
      x[k] = _mm256_fmadd_ps(x[k], one, zero);
      asm volatile("" : "+x"(x[k]));
    }
}

void chainSse() {
  __m128 x[chains], one = _mm_set1_ps(1);
  for (__m128 &v : x)
    v = one;
  for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int k = 0; k < chains; ++k) {
      x[k] = _mm_add_ps(_mm_mul_ps(x[k], one), one);
      asm volatile("" : "+x"(x[k]));
    }
}

} // namespace

double measuredPeak(int threads) {
  bool wide = __builtin_cpu_supports("avx512f"), middle = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  void (*chain)() = wide ? chainAvx512 : middle ? chainAvx2 : chainSse;
  double lanes = wide ? 16 : middle ? 8 : 4, best = 0;
  for (int run = 0; run < 8; ++run) {
    auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t)
      others.emplace_back(chain);
    chain();
    for (std::thread &t : others)
      t.join();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, double(threads) * rounds * chains * lanes * 2 / seconds * 1e-9);
  }
  return best;
}

double peakMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

} // namespace ganrt
