#include "runtime/data/Batches.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ganrt {

/// The Fisher-Yates shuffle.
static void shuffle(std::vector<uint32_t> &v, const DrawKey &s) {
  for (size_t i = v.size(); i > 1; --i)
    std::swap(v[i - 1], v[indexAt(s, i, i)]);
}

const std::vector<uint32_t> &Order::permutation(uint64_t pass) {
  if (pass == current)
    return indices;
  indices = members;
  shuffle(indices, drawKey(seed, purpose, 0, pass));
  current = pass;
  return indices;
}

int64_t Order::at(uint64_t number, int64_t j) {
  if (passes) {
    uint64_t batches = members.size() / uint64_t(batch);
    return permutation(number / batches)[number % batches * uint64_t(batch) + uint64_t(j)];
  }
  uint64_t position = number * uint64_t(batch) + uint64_t(j);
  return permutation(position / members.size())[position % members.size()];
}

void findImages(const Dataset &all, const gan_input &input, const std::vector<int64_t> &indices, InputBatch &batch) {
  const Dataset &data = all.of(input);
  auto count = size_t(input.layout.shape[0]);
  auto index = [&](size_t j) { return indices[j < indices.size() ? j : 0]; };
  if (input.kind == GAN_INPUT_LABEL) {
    batch.labels.resize(count);
    for (size_t j = 0; j < count; ++j)
      batch.labels[j] = data.labels[size_t(index(j))];
    return;
  }
  size_t each = data.storedBytes();
  batch.images.resize(count);
  std::vector<uint8_t> buffer;
  for (size_t j = 0; j < count; ++j) {
    const uint8_t *image = data.view(index(j), buffer);
    if (image == buffer.data()) {
      batch.read.resize(count * each);
      memcpy(&batch.read[j * each], image, each);
      image = &batch.read[j * each];
    }
    batch.images[j] = image;
  }
}

/// How many numbers a task writes; this takes a few microseconds.
static constexpr size_t numbersOfTask = 8192;

Normalisation::Normalisation(const Dataset &data, const gan_input &input, const Scale &scale, const InputBatch &batch,
                             float *out)
    : data(data), input(input), scale(scale), batch(batch), out(out), each(size_t(data.imageBytes())),
      perTask(std::max<size_t>(1, numbersOfTask / each)) {}

void Normalisation::run(size_t task) const {
  size_t end = std::min((task + 1) * perTask, batch.images.size());
  for (size_t j = task * perTask; j < end; ++j) {
    if (j + 1 < end)
      expectImage(batch.images[j + 1], data.storedBytes());
    float *image = out + j * each;
    scaleImage(data, batch.images[j], scale, image);
    if (input.kind == GAN_INPUT_IMAGE && !batch.altered.empty())
      alter(data, batch.altered[j], input.lo, input.hi, image);
  }
}

void normalise(const Dataset &all, const gan_input &input, const Scale &scale, const InputBatch &batch, float *out) {
  if (input.kind != GAN_INPUT_LABEL) {
    Normalisation images(all.of(input), input, scale, batch, out);
    auto task = [](void *, int number, uint8_t *closure) {
      reinterpret_cast<const Normalisation *>(closure)->run(size_t(number));
      return 0;
    };
    kernelThreads().run(task, 0, int(images.tasks()), reinterpret_cast<uint8_t *>(&images));
    return;
  }
  std::fill_n(out, elementsOf(input.layout), 0.0f);
  for (size_t j = 0; j < batch.labels.size(); ++j)
    out[j * size_t(input.layout.shape[1]) + size_t(batch.labels[j])] = 1;
}

void loadImages(const Dataset &data, const std::vector<int64_t> &indices, Graph &graph) {
  for (uint32_t i = 0; i < graph.table().num_inputs; ++i) {
    const gan_input &input = graph.table().inputs[i];
    if (!isData(input))
      continue;
    InputBatch batch;
    std::vector<int64_t> own = indices;
    if (data.of(input).unpaired) // these are samples of the first declaration
      for (int64_t &k : own)
        k %= data.of(input).count;
    findImages(data, input, own, batch);
    normalise(data, input, Scale(input.lo, input.hi), batch, static_cast<float *>(graph.input(i)));
  }
}

double batchesOfIteration(const gan_program &program, const gan_graph &graph) {
  double batches = 0;
  std::vector<bool> counted(program.num_steps + 1);
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    int32_t step = graph.inputs[i].step;
    auto slot = size_t(int64_t(step) + 1); // slot 0 stands for inputs outside repeated steps
    if (!isData(graph.inputs[i]) || counted[slot])
      continue;
    counted[slot] = true;
    batches += step < 0 ? 1 : double(program.steps[step].times) / program.steps[step].every;
  }
  return batches;
}

/// The labels by which samples are balanced: those of the images, or else the first that have a source of their own.
static const std::vector<int32_t> &labelsOf(const Dataset &data) {
  for (const Dataset &other : data.others)
    if (data.labels.empty() && !other.labels.empty() && !other.unpaired)
      return other.labels;
  return data.labels;
}

/// Each class as often as the most frequent one: its samples again and again, in their order.
static std::vector<uint32_t> balanced(const std::vector<uint32_t> &members, const std::vector<int32_t> &labels) {
  std::map<int32_t, std::vector<uint32_t>> classes;
  for (uint32_t i : members)
    classes[labels[i]].push_back(i);
  size_t most = 0;
  for (const auto &[label, samples] : classes)
    most = std::max(most, samples.size());
  std::vector<uint32_t> out;
  for (const auto &[label, samples] : classes)
    for (size_t k = 0; k < most; ++k)
      out.push_back(samples[k % samples.size()]);
  return out;
}

bool hasClasses(const Dataset &data) { return !labelsOf(data).empty(); }

/// The numbers of the images of each stream.
static std::vector<std::vector<uint32_t>> members(const gan_program &program, const Dataset &data) {
  std::vector<uint32_t> all(size_t(data.count));
  std::iota(all.begin(), all.end(), 0u);
  std::vector<std::vector<uint32_t>> streams;
  if (program.num_streams) {
    shuffle(all, drawKey(program.streams[0].seed, "data.streams"));
    auto middle = all.begin() + int64_t(program.streams[0].count);
    streams.emplace_back(all.begin(), middle);
    all.erase(all.begin(), middle);
  }
  streams.push_back(std::move(all));
  if (data.balanced)
    for (std::vector<uint32_t> &stream : streams)
      stream = balanced(stream, labelsOf(data));
  return streams;
}

BatchPlan::BatchPlan(const gan_program &program, const gan_graph &graph, const Dataset &data, Streams streams,
                     Moment moment, uint64_t seed, const Augmentation &augmentation, Share share)
    : program(program), graph(graph), data(data), streams(std::move(streams)), moment(moment), seed(seed),
      augmentation(augmentation), share(share) {
  for (std::vector<uint32_t> &m : members(program, data)) {
    std::string purpose =
        program.num_streams ? std::string("data.order.") + program.streams[orders.size()].name : "data.order";
    orders.emplace_back(std::move(m), int64_t(program.batch * share.ranks), !program.epoch_iterations, seed, purpose);
  }
  consumed.resize(orders.size());
  for (const Dataset &other : data.others) {
    if (!other.unpaired)
      continue;
    std::vector<uint32_t> all(size_t(other.count));
    std::iota(all.begin(), all.end(), 0u);
    unpaired.emplace(other.name, Order(std::move(all), int64_t(program.batch * share.ranks), false, seed,
                                       "data.order." + other.name));
  }
  for (Moment before{0, moment.epochIterations}; before.iteration < moment.iteration; ++before.iteration)
    consumed[size_t(std::max(this->streams.at(before), 0))] += batchesOf(before);
}

uint64_t BatchPlan::batchesOf(const Moment &at) const {
  uint64_t count = 0;
  for (int32_t step = -1; step < int32_t(program.num_steps); ++step) {
    bool reads = std::any_of(graph.inputs, graph.inputs + graph.num_inputs,
                             [&](const gan_input &input) { return isData(input) && input.step == step; });
    if (reads && (step < 0 || streams.runs(uint32_t(step), at)))
      count += step < 0 ? 1 : program.steps[step].times;
  }
  return count;
}

std::vector<int64_t> BatchPlan::take(int stream) {
  size_t s = size_t(std::max(stream, 0));
  std::vector<int64_t> images;
  for (uint64_t j = 0; j < program.batch; ++j)
    images.push_back(orders[s].at(consumed[s], int64_t(share.rank * program.batch + j)));
  ++consumed[s];
  return images;
}

/// The samples of an input: those of the batch, or those of its own order in the same batch.
std::vector<int64_t> BatchPlan::samplesOf(const gan_input &input, int stream, const std::vector<int64_t> &batch) {
  auto own = unpaired.find(declaredName(input));
  if (own == unpaired.end())
    return batch;
  std::vector<int64_t> samples;
  for (uint64_t j = 0; j < program.batch; ++j)
    samples.push_back(
        own->second.at(consumed[size_t(std::max(stream, 0))] - 1, int64_t(share.rank * program.batch + j)));
  return samples;
}

/// All images of a sample are altered alike, so that pairs stay pairs.
std::vector<Alteration> BatchPlan::alterations(int stream) const {
  if (!augmentation.any())
    return {};
  size_t s = size_t(std::max(stream, 0));
  std::vector<Alteration> out;
  for (uint64_t j = 0; j < program.batch; ++j)
    out.push_back(drawAlteration(augmentation, data, seed, uint32_t(s), consumed[s], share.rank * program.batch + j));
  return out;
}

void BatchPlan::next(Batch &batch) {
  batch.resize(graph.num_inputs);
  int stream = streams.at(moment);
  for (int32_t step = -1; step < int32_t(program.num_steps); ++step) {
    std::vector<uint32_t> inputs;
    for (uint32_t i = 0; i < graph.num_inputs; ++i)
      if (isData(graph.inputs[i]) && graph.inputs[i].step == step)
        inputs.push_back(i);
    if (inputs.empty() || (step >= 0 && !streams.runs(uint32_t(step), moment)))
      continue;
    for (uint32_t rep = 0; rep < (step < 0 ? 1 : program.steps[step].times); ++rep) {
      std::vector<int64_t> images = take(stream);
      std::vector<Alteration> altered = alterations(stream);
      for (uint32_t i : inputs) {
        if (batch[i].size() <= rep)
          batch[i].emplace_back();
        findImages(data, graph.inputs[i], samplesOf(graph.inputs[i], stream, images), batch[i][rep]);
        batch[i][rep].altered = altered;
      }
    }
  }
  ++moment.iteration;
}

} // namespace ganrt
