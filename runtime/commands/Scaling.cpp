#include "runtime/commands/Scaling.h"
#include "runtime/device/ranks/MeanOverRanks.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace ganrt {
namespace {

constexpr int mostRanks = 1024;
/// Seconds that a rank takes to send or receive one more message of a slice.
constexpr double eachMessage = 1e-6;
/// Of the bits that a link carries, those that are not headers of Ethernet, IP and TCP: 1448 bytes of 1538.
constexpr double payload = 0.94;

struct Transfer {
  double seconds, bytes;
};

/// As MeanOverRanks moves them: few floats go to every rank, by a tree; many are cut into slices.
Transfer transferOf(uint64_t floats, const NetworkLink &link, int ranks) {
  double bytes = double(floats) * sizeof(float), others = ranks - 1;
  // The thread moves what is sent and what comes; it does so between calls, when the link has to wait for it.
  double eachByte = 1 / (payload * link.bytesEachSecond) + 2 * link.copying;
  if (!others)
    return {0, 0};
  if (floats <= fewFloats) {
    double sent = others * bytes, rounds = std::bit_width(unsigned(ranks - 1));
    return {rounds * link.latency + sent * eachByte, sent};
  }
  double sent = 2 * others / ranks * bytes;
  return {2 * (link.latency + others * eachMessage) + sent * eachByte, sent};
}

} // namespace

ScaledStep scaledStep(const gan_graph &table, const Profile &profile, int64_t steps, const NetworkLink &link,
                      int ranks) {
  ScaledStep out{ranks, 0, 0, 0};
  double linkFree = 0;
  std::vector<double> ready(table.num_calls + 1, 0.0); ///< when what a call needs has come
  const gan_collective *next = table.collectives, *end = next + table.num_collectives;
  for (uint32_t call = 0; call < table.num_calls; ++call) {
    double wait = std::max(0.0, ready[call] - out.seconds);
    out.waiting += wait;
    out.seconds += wait + profile.seconds[call] / double(steps);
    double runs = double(profile.counts[call]) / double(steps);
    for (; next < end && next->after_call <= call; ++next) {
      Transfer transfer = transferOf(next->count, link, ranks);
      linkFree = std::max(linkFree, out.seconds) + runs * transfer.seconds;
      out.onTheWire += runs * transfer.bytes;
      double &due = ready[std::min(next->before_call, table.num_calls)];
      due = runs > 0 ? std::max(due, linkFree) : due;
    }
  }
  double wait = std::max(0.0, std::max(linkFree, ready.back()) - out.seconds);
  wait += transferOf(2, link, ranks).seconds; // the ranks agree that another iteration follows
  out.waiting += wait;
  out.seconds += wait;
  return out;
}

std::vector<ScaledStep> scaledSteps(const gan_graph &table, const Profile &profile, int64_t steps,
                                    const NetworkLink &link) {
  std::vector<ScaledStep> out;
  for (int ranks = 1; ranks <= mostRanks; ranks *= 2)
    out.push_back(scaledStep(table, profile, steps, link, ranks));
  return out;
}

std::string scalingText(const std::vector<ScaledStep> &steps, uint32_t batch, const NetworkLink &link) {
  char line[160];
  snprintf(line, sizeof line,
           "a link of %.3g Gbit/s and %.3g us for each rank, %.3g ns to move a byte, %u samples on each:\n",
           link.bytesEachSecond * 8e-9, link.latency * 1e6, link.copying * 1e9, batch);
  std::string text = line;
  text += "  ranks   ms a step   images/s   of R times one   waiting   MB sent\n";
  for (const ScaledStep &s : steps) {
    snprintf(line, sizeof line, "  %5d  %10.3f  %9.0f  %14.1f %%  %7.1f %%  %8.2f\n", s.ranks, s.seconds * 1e3,
             double(batch) * s.ranks / s.seconds, 100 * steps[0].seconds / s.seconds, 100 * s.waiting / s.seconds,
             s.onTheWire * 1e-6);
    text += line;
  }
  return text;
}

Json scalingJson(const std::vector<ScaledStep> &steps, uint32_t batch) {
  Json rows = Json::array();
  for (const ScaledStep &s : steps)
    rows.push_back({{"ranks", s.ranks},
                    {"ms", s.seconds * 1e3},
                    {"images_per_second", double(batch) * s.ranks / s.seconds},
                    {"waiting_ms", s.waiting * 1e3},
                    {"bytes_sent", s.onTheWire}});
  return rows;
}

} // namespace ganrt
