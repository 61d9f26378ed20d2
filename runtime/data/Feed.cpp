#include "runtime/data/Feed.h"
#include "runtime/base/Background.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"

#include <algorithm>

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
    if (made - taken > ahead) // full: sleep until few are left, because each wake-up takes time from the training
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

Feed::Feed(Graph &graph, BatchPlan given) : graph(graph), data(given.images()), ahead(graph.table().input_bytes) {
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i)
    scales.emplace_back(graph.table().inputs[i].lo, graph.table().inputs[i].hi);
  auto inMemory = [](const Dataset &d) { return !d.store || d.store->inMemory() == d.store->count(); };
  if (inMemory(data) && std::all_of(data.others.begin(), data.others.end(), inMemory))
    plan.emplace(std::move(given));
  else
    reader.emplace(std::move(given));
  graph.beforeRepetition = [this](uint32_t step, uint32_t repetition) { load(int32_t(step), repetition); };
  offer();
}

Feed::~Feed() { kernelThreads().finishOffered(); }

Batch &Feed::find() {
  if (reader)
    return reader->next();
  Batch &batch = found[&found[0] == upcoming];
  plan->next(batch);
  return batch;
}

/// Offers idle threads the conversion of the images of inputs outside repeated steps.
void Feed::offer() {
  upcoming = &find();
  parts.clear();
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i) {
    const gan_input &input = graph.table().inputs[i];
    if (input.step < 0 && input.kind < GAN_INPUT_LABEL)
      parts.emplace_back(data.of(input), input, scales[i], (*upcoming)[i][0],
                         reinterpret_cast<float *>(ahead.data() + input.address.offset));
  }
  size_t tasks = 0;
  for (const Normalisation &part : parts)
    tasks += part.tasks();
  auto run = [](void *, int task, uint8_t *closure) {
    reinterpret_cast<const Feed *>(closure)->runOffered(size_t(task));
    return 0;
  };
  kernelThreads().offer(run, int(tasks), reinterpret_cast<uint8_t *>(this));
}

void Feed::runOffered(size_t task) const {
  auto part = parts.begin();
  for (; task >= part->tasks(); ++part)
    task -= part->tasks();
  part->run(task);
}

void Feed::next() {
  kernelThreads().finishOffered();
  graph.exchangeInputs(ahead);
  current = upcoming;
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i)
    if (graph.table().inputs[i].kind == GAN_INPUT_LABEL && graph.table().inputs[i].step < 0)
      normalise(data, graph.table().inputs[i], scales[i], (*current)[i][0], static_cast<float *>(graph.input(i)));
  offer();
}

void Feed::load(int32_t step, uint32_t repetition) {
  const gan_graph &table = graph.table();
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    if (table.inputs[i].step == step && repetition < repetitions(i))
      normalise(data, table.inputs[i], scales[i], (*current)[i][repetition], static_cast<float *>(graph.input(i)));
}

std::vector<float> Feed::values(uint32_t input, uint32_t repetition) const {
  const gan_input &table = graph.table().inputs[input];
  std::vector<float> out(elementsOf(table.layout));
  normalise(data, table, scales[input], (*current)[input][repetition], out.data());
  return out;
}

} // namespace ganrt
