#include "runtime/commands/Roofline.h"
#include "runtime/base/Processor.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <thread>

namespace ganrt {
namespace {

constexpr int chains = 12;     // enough to hide the latency of two execution pipes
constexpr long rounds = 50000; // a tenth of a millisecond

/// What the chains start from and what comes out of them, so that a compiler can neither compute them ahead nor leave
/// them out. Each chain has a start of its own: chains that are known to be equal would become one.
volatile float given = 1, sink;

/// Two functions for each width of vectors. The first has independent chains x = x * one + one, which are held in
/// registers; built with -ffp-contract=fast, so that each is one instruction where the processor has it, and two
/// elsewhere. The second reads two arrays and writes one of them, as an optimizer does with parameters; since each line
/// that is written was read before, no bytes go to memory and back that are not counted.
#define GAN_LOOPS(attribute, lanes)                                                                                    \
  __attribute__((target(attribute))) void chains##lanes() {                                                            \
    using Vector [[gnu::vector_size(lanes * sizeof(float))]] = float;                                                  \
    Vector x[chains], one = Vector{} + given;                                                                          \
    _Pragma("GCC unroll 16") for (int c = 0; c < chains; ++c) x[c] = one + float(c);                                   \
    for (long i = 0; i < rounds; ++i)                                                                                  \
      _Pragma("GCC unroll 16") for (int c = 0; c < chains; ++c) x[c] = x[c] * one + one;                               \
    _Pragma("GCC unroll 16") for (int c = 1; c < chains; ++c) x[0] += x[c];                                            \
    sink = x[0][0];                                                                                                    \
  }                                                                                                                    \
  __attribute__((target(attribute))) void adds##lanes(const float *from, float *to, size_t count) {                    \
    using Vector [[gnu::vector_size(lanes * sizeof(float)), gnu::aligned(4)]] = float;                                 \
    const Vector *x = reinterpret_cast<const Vector *>(from);                                                          \
    Vector *y = reinterpret_cast<Vector *>(to);                                                                        \
    for (size_t i = 0; i < count / lanes; i += 4)                                                                      \
      _Pragma("GCC unroll 4") for (size_t j = i; j < i + 4; ++j) y[j] += x[j];                                         \
  }
#define GAN_VECTORS(architecture, attribute, features, lanes) GAN_ON_##architecture(GAN_LOOPS(attribute, lanes))
#include "runtime/targets.def"

struct Width {
  const char *features;
  int lanes;
  void (*run)();
  void (*add)(const float *, float *, size_t);
};

constexpr Width widths[] = {
// the widest first
#define GAN_VECTORS(architecture, attribute, features, lanes)                                                          \
  GAN_ON_##architecture({features, lanes, chains##lanes, adds##lanes}, )
#include "runtime/targets.def"
};

const Width &widest() {
  return *std::find_if(std::begin(widths), std::end(widths),
                       [](const Width &w) { return missingFeatures(w.features).empty(); });
}

/// Threads wait here for each other without sleeping, since waking one takes as long as a whole run.
class Meeting {
public:
  explicit Meeting(int threads) : threads(threads) {}
  void arrive() {
    long all = (arrived.fetch_add(1) / threads + 1) * threads;
    while (arrived.load() < all)
      std::this_thread::yield();
  }

private:
  long threads;
  std::atomic<long> arrived = 0; ///< in all meetings
};

using Work = std::function<void(int thread)>;

/// Seconds of the fastest of `runs` runs, in each of which all threads do `work` at the same time. They are spread over
/// a fifth of a second at least, because what disturbs comes and goes.
double bestSeconds(int threads, int runs, const Work &prepare, const Work &work) {
  using Clock = std::chrono::steady_clock;
  Meeting meeting(threads);
  std::vector<Clock::time_point> starts(static_cast<size_t>(threads)), ends(starts.size());
  double best = std::numeric_limits<double>::infinity();
  auto all = [&](int t) {
    prepare(t);
    for (int run = 0; run < runs; ++run) {
      meeting.arrive();
      starts[size_t(t)] = Clock::now();
      work(t);
      ends[size_t(t)] = Clock::now();
      meeting.arrive();
      if (t > 0)
        continue;
      auto first = *std::min_element(starts.begin(), starts.end()), last = *std::max_element(ends.begin(), ends.end());
      best = std::min(best, std::chrono::duration<double>(last - first).count());
      if (run % (runs / 8) == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t)
    others.emplace_back(all, t);
  all(0);
  for (std::thread &t : others)
    t.join();
  return best;
}

constexpr double sizes[] = {0.5, 4, 32, 256}; // MiB: what lies in the nearest caches, in the last, in none
constexpr double most = 16;                   // MiB that a run moves at least: it then takes a fifth of a millisecond

/// Bytes each second. Each thread has two arrays of its own, side by side.
double bandwidthOf(int threads, double mib) {
  size_t numbers = size_t(mib * 1048576 / sizeof(float) / 2 / threads) / 64 * 64; // of one array of one thread
  long passes = std::max(1L, long(most / mib));
  auto memory = std::make_unique_for_overwrite<float[]>(2 * numbers * size_t(threads));
  auto start = [&](int t) { return memory.get() + 2 * numbers * size_t(t); };
  double seconds = bestSeconds(
      threads, mib > most ? 8 : 80, [&](int t) { std::fill_n(start(t), 2 * numbers, 1.f); },
      [&](int t) {
        for (long pass = 0; pass < passes; ++pass)
          widest().add(start(t), start(t) + numbers, numbers);
      });
  return 3.0 * sizeof(float) * double(numbers) * threads * double(passes) / seconds;
}

} // namespace

double measuredPeak(int threads) {
  const Width &width = widest();
  double seconds = bestSeconds(
      threads, 200, [](int) {}, [&](int) { width.run(); });
  return double(threads) * rounds * chains * width.lanes * 2 / seconds * 1e-9;
}

std::vector<Bandwidth> measuredBandwidths(int threads) {
  std::vector<Bandwidth> out;
  for (double mib : sizes)
    out.push_back({mib * 1048576, bandwidthOf(threads, mib)});
  for (size_t i = out.size() - 1; i > 0; --i)
    out[i - 1].bytesEachSecond = std::max(out[i - 1].bytesEachSecond, out[i].bytesEachSecond);
  return out;
}

double Roofline::bandwidthFor(double bytes) const {
  for (const Bandwidth &b : bandwidths)
    if (bytes <= b.bytes)
      return b.bytesEachSecond;
  return bandwidths.back().bytesEachSecond;
}

double Roofline::bound(const gan_kernel &kernel) const {
  return std::max(secondsOfFlops(kernel), secondsOfBytes(kernel));
}

Roofline measuredRoofline(int threads) { return {measuredPeak(threads) * 1e9, measuredBandwidths(threads)}; }

} // namespace ganrt
