#include "runtime/commands/Roofline.h"
#include "runtime/base/Processor.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace ganrt {
namespace {

constexpr int chains = 12; // enough to hide the latency of two execution pipes
constexpr long rounds = 400000;

/// What the chains start from and what comes out of them, so that a compiler can neither compute them ahead nor leave
/// them out. Each chain has a start of its own: chains that are known to be equal would become one.
volatile float given = 1, sink;

/// One function for each width of vectors: independent chains x = x * one + one, which are held in registers. Built
/// with -ffp-contract=fast, so that each is one instruction where the processor has it, and two elsewhere.
#define GAN_CHAINS(attribute, lanes)                                                                                   \
  __attribute__((target(attribute))) void chains##lanes() {                                                            \
    using Vector [[gnu::vector_size(lanes * sizeof(float))]] = float;                                                  \
    Vector x[chains], one = Vector{} + given;                                                                          \
    _Pragma("GCC unroll 16") for (int c = 0; c < chains; ++c) x[c] = one + float(c);                                   \
    for (long i = 0; i < rounds; ++i)                                                                                  \
      _Pragma("GCC unroll 16") for (int c = 0; c < chains; ++c) x[c] = x[c] * one + one;                               \
    _Pragma("GCC unroll 16") for (int c = 1; c < chains; ++c) x[0] += x[c];                                            \
    sink = x[0][0];                                                                                                    \
  }
#define GAN_VECTORS(architecture, attribute, features, lanes) GAN_ON_##architecture(GAN_CHAINS(attribute, lanes))
#include "runtime/targets.def"

struct Width {
  const char *features;
  int lanes;
  void (*run)();
};

constexpr Width widths[] = {
// the widest first
#define GAN_VECTORS(architecture, attribute, features, lanes) GAN_ON_##architecture({features, lanes, chains##lanes}, )
#include "runtime/targets.def"
};

} // namespace

double measuredPeak(int threads) {
  const Width &widest = *std::find_if(std::begin(widths), std::end(widths),
                                      [](const Width &w) { return missingFeatures(w.features).empty(); });
  double best = 0;
  for (int run = 0; run < 8; ++run) {
    auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t)
      others.emplace_back(widest.run);
    widest.run();
    for (std::thread &t : others)
      t.join();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, double(threads) * rounds * chains * widest.lanes * 2 / seconds * 1e-9);
  }
  return best;
}

} // namespace ganrt
