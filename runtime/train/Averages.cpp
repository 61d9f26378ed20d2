#include "runtime/train/Averages.h"

#include <cstdlib>

namespace ganrt {

void Averages::add(const gan_observation &o, const void *memory) {
  if (o.kind != GAN_OBSERVE_LOSS && o.kind != GAN_OBSERVE_METRIC)
    return;
  Entry &entry = entries[size_t(&o - graph.observations)];
  entry.sum += double(*static_cast<const float *>(memory));
  ++entry.count;
}

bool Averages::empty() const {
  for (const Entry &entry : entries)
    if (entry.count)
      return false;
  return true;
}

Json Averages::take() {
  Json out = Json::object();
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (entries[i].count)
      out[graph.observations[i].name] = entries[i].sum / double(entries[i].count);
  std::fill(entries.begin(), entries.end(), Entry());
  return out;
}

/// The sums as hexadecimal floats, which represent every double exactly, infinite ones too.
Json Averages::save() const {
  Json out = Json::array();
  for (const Entry &entry : entries) {
    char text[64];
    snprintf(text, sizeof text, "%a", entry.sum);
    out.push_back({text, entry.count});
  }
  return out;
}

void Averages::restore(const Json &saved) {
  for (size_t i = 0; i < entries.size(); ++i)
    entries[i] = {std::strtod(saved.at(i).at(0).get<std::string>().c_str(), nullptr), saved.at(i).at(1)};
}

} // namespace ganrt
