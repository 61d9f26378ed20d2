#include "runtime/commands/Roofline.h"

#include <algorithm>
#include <chrono>
#include <immintrin.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace ganrt {
namespace {

constexpr int chains = 12; // enough to hide the latency of two execution pipes
constexpr long rounds = 400000;

// Written in assembly, so that the measurement does not depend on what a compiler makes of the code.
#define GAN_CHAINS(op, r, a, b)                                                                                        \
  op " %%" r a ",%%" r b ",%%" r "0\n\t" op " %%" r a ",%%" r b ",%%" r "1\n\t" op " %%" r a ",%%" r b ",%%" r         \
     "2\n\t" op " %%" r a ",%%" r b ",%%" r "3\n\t" op " %%" r a ",%%" r b ",%%" r "4\n\t" op " %%" r a ",%%" r b      \
     ",%%" r "5\n\t" op " %%" r a ",%%" r b ",%%" r "6\n\t" op " %%" r a ",%%" r b ",%%" r "7\n\t" op " %%" r a        \
     ",%%" r b ",%%" r "8\n\t" op " %%" r a ",%%" r b ",%%" r "9\n\t" op " %%" r a ",%%" r b ",%%" r "10\n\t" op       \
     " %%" r a ",%%" r b ",%%" r "11\n\t"

__attribute__((target("avx512f"))) void chainAvx512() {
  long n = rounds;
  asm volatile("vzeroall\n\t1:\n\t" GAN_CHAINS("vfmadd231ps", "zmm", "12", "13") "dec %0\n\tjnz 1b\n\tvzeroupper"
               : "+r"(n)::"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                 "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");
}

__attribute__((target("avx2,fma"))) void chainAvx2() {
  long n = rounds;
  asm volatile("vzeroall\n\t1:\n\t" GAN_CHAINS("vfmadd231ps", "ymm", "12", "13") "dec %0\n\tjnz 1b\n\tvzeroupper"
               : "+r"(n)::"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                 "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");
}

void chainSse() { // alternates multiplications and additions
  __m128 x[chains], one = _mm_set1_ps(1);
  for (__m128 &v : x)
    v = one;
  for (long i = 0; i < rounds; ++i)
    for (__m128 &v : x) {
      v = _mm_add_ps(_mm_mul_ps(v, one), one);
      asm volatile("" : "+x"(v));
    }
}

} // namespace

double measuredPeak(int threads) {
  bool wide = __builtin_cpu_supports("avx512f"),
       middle = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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

} // namespace ganrt
