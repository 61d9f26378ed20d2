#include "runtime/generate/Evaluation.h"
#include "runtime/data/Batches.h"
#include "runtime/generate/Codes.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <map>

namespace ganrt {

std::vector<std::pair<std::string, double>> evaluateData(const Session &session, const Dataset &data, Moment moment,
                                                         const std::function<bool()> &stop) {
  std::vector<std::pair<std::string, double>> sums;
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_EVALUATE);
  if (!table || !data.count)
    return sums;
  size_t classes = data.labels.empty() ? 0 : size_t(*std::max_element(data.labels.begin(), data.labels.end())) + 1;
  std::map<const gan_observation *, CodeTable> codes;
  for (uint32_t i = 0; i < table->num_observations; ++i)
    if (const gan_observation &o = table->observations[i]; o.kind != GAN_OBSERVE_CODE)
      sums.emplace_back(o.name, 0); // the metrics of codes come after all others
    else if (classes)
      codes.emplace(&o, CodeTable(size_t(o.hi), classes));
  Graph graph(session, *table);
  int64_t first = 0;
  size_t real = 0;
  graph.observe({GAN_OBSERVE_METRIC, GAN_OBSERVE_CODE}, [&](const gan_observation &o, const void *memory) {
    if (o.kind == GAN_OBSERVE_CODE) {
      for (size_t i = 0; i < real && classes; ++i)
        codes.at(&o).add(size_t(static_cast<const float *>(memory)[i]), size_t(data.labels[size_t(first) + i]));
      return;
    }
    double sum = 0;
    size_t each = elementsOf(o.layout) / size_t(o.layout.shape[0]);
    for (size_t i = 0; i < real * each; ++i)
      sum += static_cast<const float *>(memory)[i];
    sums[size_t(&o - table->observations)].second += sum;
  });
  for (; first < data.count; first += session.program.batch) {
    if (stop && stop())
      return {};
    std::vector<int64_t> indices;
    for (int64_t i = first; i < std::min<int64_t>(first + session.program.batch, data.count); ++i)
      indices.push_back(i);
    real = indices.size();
    loadImages(data, indices, graph);
    moment.draw = uint64_t(first / session.program.batch);
    graph.run(moment);
  }
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
