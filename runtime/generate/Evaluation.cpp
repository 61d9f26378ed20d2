#include "runtime/generate/Evaluation.h"
#include "runtime/data/Batches.h"
#include "runtime/device/ranks/Turns.h"
#include "runtime/generate/Codes.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace ganrt {

std::vector<std::pair<std::string, double>> evaluateData(const Session &session, const Dataset &data, Moment moment,
                                                         const std::function<bool()> &stop, Ranks *ranks) {
  std::vector<std::pair<std::string, double>> sums;
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_EVALUATE);
  if (!table || !data.count)
    return sums;
  size_t classes = data.labels.empty() ? 0 : size_t(*std::max_element(data.labels.begin(), data.labels.end())) + 1;
  std::map<const gan_observation *, CodeTable> codes;
  std::vector<const gan_observation *> observed; // metrics, then codes: so what a batch gives is laid out
  for (gan_observe_kind kind : {GAN_OBSERVE_METRIC, GAN_OBSERVE_CODE})
    for (uint32_t i = 0; i < table->num_observations; ++i)
      if (const gan_observation &o = table->observations[i]; o.kind == kind) {
        observed.push_back(&o);
        if (kind == GAN_OBSERVE_METRIC)
          sums.emplace_back(o.name, 0);
        else if (classes)
          codes.emplace(&o, CodeTable(size_t(o.hi), classes));
      }
  Graph graph(session, *table);
  const auto batch = int64_t(session.program.batch);
  auto realOf = [&](uint64_t part) { return size_t(std::min(batch, data.count - int64_t(part) * batch)); };
  size_t real = 0;
  std::map<const gan_observation *, std::vector<double>> seen; // sums of metrics, codes of samples
  graph.observe({GAN_OBSERVE_METRIC, GAN_OBSERVE_CODE}, [&](const gan_observation &o, const void *memory) {
    const auto *values = static_cast<const float *>(memory);
    size_t each = elementsOf(o.layout) / size_t(o.layout.shape[0]);
    if (o.kind == GAN_OBSERVE_CODE)
      seen[&o].assign(values, values + real);
    else
      seen[&o] = {std::accumulate(values, values + real * each, 0.0)};
  });
  bool stopped = false;
  auto evaluate = [&](uint64_t part) {
    std::vector<double> numbers;
    stopped |= stop && stop();
    if (stopped)
      return std::string();
    real = realOf(part);
    std::vector<int64_t> indices(real);
    std::iota(indices.begin(), indices.end(), int64_t(part) * batch);
    loadImages(data, indices, graph);
    moment.draw = part;
    graph.run(moment);
    for (const gan_observation *o : observed)
      numbers.insert(numbers.end(), seen[o].begin(), seen[o].end());
    return bytesOfNumbers(numbers);
  };
  auto add = [&](uint64_t part, const std::string &bytes) {
    std::vector<double> numbers = numbersOfBytes<double>(bytes);
    if (numbers.empty())
      return;
    size_t at = 0, count = realOf(part);
    for (auto &[name, sum] : sums)
      sum += numbers[at++];
    for (size_t o = sums.size(); o < observed.size(); ++o, at += count)
      for (size_t i = 0; i < count && classes; ++i)
        codes.at(observed[o]).add(size_t(numbers[at + i]), size_t(data.labels[size_t(part) * size_t(batch) + i]));
  };
  byTurns(ranks, uint64_t((data.count + batch - 1) / batch), evaluate, add);
  if (stopped)
    return {};
  for (auto &[name, sum] : sums)
    sum /= double(data.count);
  for (uint32_t i = 0; i < table->num_observations; ++i)
    if (auto found = codes.find(&table->observations[i]); found != codes.end()) {
      std::string name = found->first->name;
      sums.emplace_back("error." + name, found->second.error());
      sums.emplace_back("matched_error." + name, found->second.matchedError());
      sums.emplace_back("information." + name, found->second.information());
    }
  return sums;
}

} // namespace ganrt
