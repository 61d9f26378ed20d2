#include "runtime/commands/Profile.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace ganrt {
namespace {

/// The calls that ran, the slowest first.
std::vector<uint32_t> slowestFirst(const Profile &profile) {
  std::vector<uint32_t> order(profile.seconds.size());
  std::iota(order.begin(), order.end(), 0u);
  std::erase_if(order, [&](uint32_t i) { return profile.seconds[i] <= 0; });
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return profile.seconds[a] > profile.seconds[b]; });
  return order;
}

/// A call as it is shown. Seconds are those of an iteration, in which a call of a repeated step runs several times.
struct Row {
  const gan_call &call;
  const gan_kernel &kernel;
  double seconds, share, flops, bytes; ///< the last two: of each second
  double runs;                         ///< in an iteration, on average
};

std::vector<Row> rowsOf(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps) {
  double total = std::accumulate(profile.seconds.begin(), profile.seconds.end(), 0.0);
  std::vector<Row> rows;
  for (uint32_t i : slowestFirst(profile)) {
    const gan_kernel &kernel = program.kernels[table.calls[i].kernel];
    double seconds = profile.seconds[i], count = double(profile.counts[i]);
    rows.push_back({table.calls[i], kernel, seconds / double(steps), seconds / total, kernel.flops * count / seconds,
                    kernel.bytes * count / seconds, count / double(steps)});
  }
  return rows;
}

bool boundByFlops(const Roofline &roofline, const gan_kernel &kernel) {
  return roofline.secondsOfFlops(kernel) >= roofline.secondsOfBytes(kernel);
}

std::string format(const char *how, auto... values) {
  char text[256];
  snprintf(text, sizeof text, how, values...);
  return text;
}

} // namespace

double boundOfStep(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                   const Roofline &roofline) {
  double sum = 0;
  for (uint32_t i = 0; i < table.num_calls; ++i)
    sum += double(profile.counts[i]) / double(steps) * roofline.bound(program.kernels[table.calls[i].kernel]);
  return sum;
}

std::string profileText(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                        const Roofline *roofline) {
  std::string out = roofline ? "\n     us  share  GFLOP/s  %peak   GB/s  bound us       %bound  call\n"
                             : "\n     us  share  GFLOP/s   GB/s  call\n";
  for (const Row &row : rowsOf(program, table, profile, steps)) {
    out += format("%7.1f %5.1f%% %8.1f ", row.seconds * 1e6, 100 * row.share, row.flops * 1e-9);
    if (roofline)
      out += format("%5.1f%% ", 100 * row.flops / roofline->flopsEachSecond);
    out += format("%6.1f  ", row.bytes * 1e-9);
    if (roofline) {
      double bound = roofline->bound(row.kernel) * row.runs;
      out += format("%8.1f %5s %5.1f%%  ", bound * 1e6, boundByFlops(*roofline, row.kernel) ? "flops" : "bytes",
                    100 * bound / row.seconds);
    }
    out += std::string(row.call.label) + " (" + row.kernel.anchor + ", line " + std::to_string(row.call.line) + ") " +
           row.kernel.name + "\n";
  }
  return out;
}

Json profileJson(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                 const Roofline *roofline) {
  Json out = Json::array();
  for (const Row &row : rowsOf(program, table, profile, steps)) {
    Json one{{"label", row.call.label}, {"kernel", row.kernel.name},       {"anchor", row.kernel.anchor},
             {"line", row.call.line},   {"schedule", row.kernel.schedule}, {"us", row.seconds * 1e6},
             {"share", row.share},      {"gflops", row.flops * 1e-9},      {"gbytes", row.bytes * 1e-9}};
    if (roofline) {
      one["bound_us"] = roofline->bound(row.kernel) * row.runs * 1e6;
      one["bound_by"] = boundByFlops(*roofline, row.kernel) ? "flops" : "bytes";
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json rooflineJson(const Roofline &roofline) {
  Json bandwidths = Json::array();
  for (const Bandwidth &b : roofline.bandwidths)
    bandwidths.push_back({{"mib", b.bytes / 1048576}, {"gbytes", b.bytesEachSecond * 1e-9}});
  return {{"peak_gflops", roofline.flopsEachSecond * 1e-9}, {"bandwidths", bandwidths}};
}

} // namespace ganrt
