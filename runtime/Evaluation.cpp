#include "runtime/Evaluation.h"
#include "runtime/Batches.h"
#include "runtime/Layout.h"

namespace ganrt {

std::vector<std::pair<std::string, double>> evaluateData(const gan_program &program, const State &state,
                                                         const Numbers &numbers, uint64_t seed, const Dataset &data,
                                                         Moment moment) {
  std::vector<std::pair<std::string, double>> sums;
  const gan_graph *table = findGraph(program, GAN_GRAPH_EVALUATE);
  if (!table || !data.count)
    return sums;
  for (uint32_t i = 0; i < table->num_observations; ++i)
    sums.emplace_back(table->observations[i].name, 0);
  Graph graph(program, *table, state, numbers, seed);
  size_t real = 0;
  graph.watch = [&](const gan_observation &o, const void *memory) {
    double sum = 0;
    size_t each = elementsOf(o.layout) / size_t(o.layout.shape[0]);
    for (size_t i = 0; i < real * each; ++i)
      sum += static_cast<const float *>(memory)[i];
    sums[size_t(&o - table->observations)].second += sum;
  };
  for (int64_t first = 0; first < data.count; first += program.batch) {
    std::vector<int64_t> indices;
    for (int64_t i = first; i < std::min<int64_t>(first + program.batch, data.count); ++i)
      indices.push_back(i);
    real = indices.size();
    loadImages(data, indices, graph);
    moment.draw = uint64_t(first / program.batch);
    graph.run(moment);
  }
  for (auto &[name, sum] : sums)
    sum /= double(data.count);
  return sums;
}

} // namespace ganrt
