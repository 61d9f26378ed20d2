#include "runtime/Feed.h"
#include "runtime/Background.h"
#include "runtime/Layout.h"

namespace ganrt {

Prefetch::Prefetch(BatchPlan plan) : plan(std::move(plan)), thread([this] { work(); }) {}

Prefetch::~Prefetch() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  thread.join();
}

void Prefetch::work() {
  giveWay();
  try {
    prepareBatches();
  } catch (...) {
    std::lock_guard lock(mutex);
    error = std::current_exception();
    changed.notify_all();
  }
}

void Prefetch::prepareBatches() {
  while (true) {
    plan.next(batches[made % batches.size()]);
    std::unique_lock lock(mutex);
    ++made;
    changed.notify_all();
    if (made - taken > ahead) // full: it sleeps until few are left, as each waking costs the training time
      changed.wait(lock, [&] { return made - taken <= ahead / 2 || stopping; });
    if (stopping)
      return;
  }
}

Batch &Prefetch::next() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return made > taken || error; });
  if (made == taken)
    std::rethrow_exception(error);
  Batch &batch = batches[taken++ % batches.size()];
  if (made - taken <= ahead / 2)
    changed.notify_all();
  return batch;
}

Feed::Feed(Graph &graph, BatchPlan plan) : graph(graph), data(plan.images()), batches(std::move(plan)) {
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i)
    scales.emplace_back(graph.table().inputs[i].lo, graph.table().inputs[i].hi);
  graph.beforeRepetition = [this](uint32_t step, uint32_t repetition) { load(int32_t(step), repetition); };
}

void Feed::next() {
  current = &batches.next();
  load(-1, 0);
}

void Feed::load(int32_t step, uint32_t repetition) {
  const gan_graph &table = graph.table();
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    if (table.inputs[i].step == step && repetition < repetitions(i))
      present(data, table.inputs[i], scales[i], (*current)[i][repetition], static_cast<float *>(graph.input(i)));
}

std::vector<float> Feed::values(uint32_t input, uint32_t repetition) const {
  const gan_input &table = graph.table().inputs[input];
  std::vector<float> out(elementsOf(table.layout));
  present(data, table, scales[input], (*current)[input][repetition], out.data());
  return out;
}

} // namespace ganrt
