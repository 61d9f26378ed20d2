#include "runtime/train/Smoothed.h"

#include <cmath>

namespace ganrt {

void Smoothed::add(const gan_observation &o, const void *memory) {
  if (o.kind != GAN_OBSERVE_LOSS && o.kind != GAN_OBSERVE_METRIC)
    return;
  constexpr double decay = 0.9862; // 2^(-1/50)
  Entry &entry = entries[size_t(&o - graph.observations)];
  if (!std::isfinite(entry.sum))
    entry = {};
  entry.sum = decay * entry.sum + (1 - decay) * double(*static_cast<const float *>(memory));
  entry.weight = decay * entry.weight + (1 - decay);
}

std::vector<std::pair<std::string, double>> Smoothed::values() const {
  std::vector<std::pair<std::string, double>> out;
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (entries[i].weight > 0)
      out.emplace_back(graph.observations[i].name, entries[i].sum / entries[i].weight);
  return out;
}

} // namespace ganrt
