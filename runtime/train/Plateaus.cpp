#include "runtime/train/Plateaus.h"
#include "runtime/base/Error.h"

#include <cmath>

namespace ganrt {
namespace {

/// The value of a metric in an epoch: that of the test part or else of the training part; nothing if there is none.
std::optional<double> valueOf(const Json &epoch, const char *metric) {
  for (const char *part : {"test", "train"})
    if (epoch.contains(part) && epoch[part].contains(metric) && epoch[part][metric].is_number())
      return epoch[part][metric].get<double>();
  return std::nullopt;
}

} // namespace

Plateaus::Plateaus(const gan_program &program) : program(program), entries(program.num_plateaus) {}

std::vector<std::string> Plateaus::endEpoch(const Json &values, Moment &moment) {
  std::vector<std::string> reached;
  moment.plateaus.resize(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const gan_plateau &plateau = program.plateaus[i];
    Entry &entry = entries[i];
    std::optional<double> value = valueOf(values, plateau.metric);
    bool better = value && std::isfinite(*value) &&
                  (!entry.best || (plateau.maximize ? *value > *entry.best : *value < *entry.best));
    if (better)
      entry.best = value;
    entry.epochs = better ? 0 : entry.epochs + 1;
    if (entry.epochs < plateau.epochs)
      continue;
    entry.epochs = 0;
    moment.plateaus[i].push_back(moment.iteration);
    reached.emplace_back(plateau.metric);
  }
  return reached;
}

Json Plateaus::save() const {
  Json out = Json::array();
  for (const Entry &entry : entries)
    out.push_back({entry.best ? Json(*entry.best) : Json(), entry.epochs});
  return out;
}

void Plateaus::restore(const Json &saved) {
  auto isEntry = [](const Json &entry) {
    return entry.is_array() && entry.size() == 2 && (entry[0].is_null() || entry[0].is_number()) &&
           entry[1].is_number_unsigned();
  };
  if (!saved.is_array() || saved.size() != entries.size() || !std::all_of(saved.begin(), saved.end(), isEntry))
    throw UserError("the checkpoint does not tell where the plateaus of this model stand; --warm-start uses its "
                    "tensors in a new run");
  for (size_t i = 0; i < entries.size(); ++i)
    entries[i] = {saved[i][0].is_null() ? std::nullopt : std::optional(saved[i][0].get<double>()),
                  saved[i][1].get<uint64_t>()};
}

} // namespace ganrt
