#include "runtime/program/CallTimes.h"

#include <algorithm>
#include <numeric>

namespace ganrt {

CallTimes::CallTimes(const gan_program &program, Graph &graph)
    : program(program), graph(graph), seconds(graph.table().num_calls), counts(graph.table().num_calls) {}

void CallTimes::measure(bool on) {
  graph.timed = nullptr;
  if (on)
    graph.timed = [this](uint32_t call, double time) {
      seconds[call] += time;
      ++counts[call];
    };
}

Json CallTimes::json() const {
  auto each = [&](uint32_t i) { return seconds[i] / double(counts[i]); };
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < counts.size(); ++i)
    if (counts[i])
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return each(a) > each(b); });
  Json out = Json::array();
  for (uint32_t i : order) {
    const gan_call &call = graph.table().calls[i];
    const gan_kernel &kernel = program.kernels[call.kernel];
    out.push_back({{"label", call.label},
                   {"kernel", kernel.name},
                   {"anchor", kernel.anchor},
                   {"line", call.line},
                   {"calls", counts[i]},
                   {"ms", each(i) * 1e3}});
  }
  return out;
}

} // namespace ganrt
