#include "runtime/Batches.h"
#include "runtime/Layout.h"
#include "runtime/Random.h"

#include <cstring>
#include <numeric>

namespace ganrt {

const std::vector<uint32_t> &Order::permutation(uint64_t pass) {
  if (pass == current)
    return indices;
  indices.resize(size_t(count));
  std::iota(indices.begin(), indices.end(), 0u);
  Stream s = stream(seed, "data.order", 0, pass);
  for (size_t i = indices.size(); i > 1; --i) // Fisher and Yates
    std::swap(indices[i - 1], indices[indexAt(s, i, i)]);
  current = pass;
  return indices;
}

int64_t Order::at(uint64_t iteration, int64_t j) {
  if (passes) {
    uint64_t batches = uint64_t(count / batch);
    return permutation(iteration / batches)[iteration % batches * uint64_t(batch) + uint64_t(j)];
  }
  uint64_t position = iteration * uint64_t(batch) + uint64_t(j);
  return permutation(position / uint64_t(count))[position % uint64_t(count)];
}

void fillBatch(const Dataset &data, const gan_graph &graph, const std::vector<int64_t> &indices, Batch &batch) {
  batch.resize(graph.num_inputs);
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    const gan_input &input = graph.inputs[i];
    if (input.kind > GAN_INPUT_LABEL)
      continue;
    batch[i].assign(elementsOf(input.layout) * 4, 0);
    float *out = reinterpret_cast<float *>(batch[i].data());
    size_t each = elementsOf(input.layout) / size_t(input.layout.shape[0]);
    for (int64_t j = 0; j < input.layout.shape[0]; ++j) {
      int64_t image = j < int64_t(indices.size()) ? indices[size_t(j)] : indices[0];
      if (input.kind == GAN_INPUT_LABEL)
        out[size_t(j) * each + size_t(data.labels[size_t(image)])] = 1;
      else
        scaledImage(data, image, input.lo, input.hi, out + size_t(j) * each);
    }
  }
}

Prefetch::Prefetch(const Dataset &data, const gan_graph &graph, Order order, int64_t batchSize, uint64_t first)
    : data(data), graph(graph), order(std::move(order)), batchSize(batchSize), iteration(first),
      thread([this] { work(); }) {}

Prefetch::~Prefetch() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  thread.join();
}

void Prefetch::work() {
  Batch batch;
  while (true) {
    std::vector<int64_t> indices;
    for (int64_t j = 0; j < batchSize; ++j)
      indices.push_back(order.at(iteration, j));
    ++iteration;
    fillBatch(data, graph, indices, batch);
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !full || stopping; });
    if (stopping)
      return;
    std::swap(batch, ready);
    full = true;
    changed.notify_all();
  }
}

const Batch &Prefetch::next() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return full; });
  std::swap(ready, used);
  full = false;
  changed.notify_all();
  return used;
}

} // namespace ganrt
