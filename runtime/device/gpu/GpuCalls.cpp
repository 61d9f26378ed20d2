#include "runtime/device/gpu/GpuCalls.h"
#include "runtime/device/gpu/ChooseText.h"
#include "runtime/device/gpu/LargeMeans.h"

#include <algorithm>

namespace ganrt {
namespace {

constexpr uint64_t copyWord = ~uint64_t(0);   ///< in a key, a copy to the host follows
constexpr uint64_t chooseWord = ~uint64_t(1); ///< in a key, a choice of a number follows

const gan_launch chooseLaunch = {chooseName, {1, 1, 1}, {1, 1, 1}, 0, nullptr, 0, 0, 0, 0};

size_t bytesOf(const gan_arg &arg) {
  static constexpr size_t sizes[] = {4, 8, 1, 4}; // by gan_dtype
  size_t bytes = sizes[arg.dtype];
  for (uint32_t d = 0; d < arg.rank; ++d)
    bytes *= size_t(arg.extent[d]);
  return bytes;
}

uint64_t up(uint64_t bytes, uint64_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

} // namespace

/// The most scratch memory of a call.
static size_t scratchRegionOf(const gan_graph &graph, const gan_device_kernel *kernels) {
  size_t most = 0;
  for (uint32_t c = 0; c < graph.num_calls; ++c) {
    const gan_device_kernel &kernel = kernels[graph.calls[c].kernel];
    size_t bytes = 0;
    for (uint32_t i = 0; i < kernel.num_scratch; ++i)
      bytes += up(kernel.scratch[i], Gpu::alignment);
    most = std::max(most, bytes);
  }
  return most;
}

size_t GpuCalls::scratchBytes(const gan_graph &graph, const gan_device_kernel *kernels) {
  return std::max(scratchRegions * scratchRegionOf(graph, kernels), Gpu::alignment);
}

GpuCalls::GpuCalls(Gpu &gpu, GpuKernels &kernels, const gan_program &program, const gan_graph &graph, Spaces spaces)
    : gpu(gpu), kernels(kernels), program(program), graph(graph), spaces(spaces), places(gpu, program, graph, spaces),
      means(largeMeans(graph)), scratchRegion(scratchRegionOf(graph, kernels.rows())) {
  kernels.loadFor(graph);
  scratch = std::make_unique<GpuMemory>(gpu, scratchBytes(graph, kernels.rows()));
}

/// What is under way still writes to memory that goes now.
GpuCalls::~GpuCalls() {
  try {
    gpu.finish();
  } catch (const std::exception &) {
    // The device has failed: whoever waits for results is told, not whoever gives them up.
  }
}

void GpuCalls::begin() {
  places.begin(slot);
  key = {slot};
  fetchedBytes = 0;
}

bool GpuCalls::run(uint32_t index) {
  places.uploadNow();
  for (const GpuStep &step : stepsOf(index, places.taken()))
    gpu.run(step);
  for (const GpuStep &step : meansBehind(index))
    gpu.run(step);
  return true;
}

bool GpuCalls::runTimed(uint32_t index, double &seconds) {
  places.uploadNow();
  GpuSpaces::Taken taken = places.taken();
  std::unique_ptr<GpuSequence> &sequence = timed[{slot, index, taken.phase, taken.batch}];
  if (!sequence)
    sequence = gpu.prepareTimed(stepsOf(index, taken));
  seconds = gpu.time(*sequence);
  for (const GpuStep &step : meansBehind(index))
    gpu.run(step);
  return true;
}

void GpuCalls::queue(uint32_t first, uint32_t count) {
  GpuSpaces::Taken taken = places.taken();
  key.insert(key.end(), {first, count, taken.phase, taken.batch});
}

void GpuCalls::fetch(const gan_address &address, size_t bytes) {
  GpuSpaces::Taken taken = places.taken();
  key.insert(key.end(), {copyWord, uint64_t(address.space), address.offset, bytes, taken.phase, taken.batch});
  fetchedBytes += up(bytes, 8);
}

void GpuCalls::choose(uint32_t scalar, uint64_t count, double first, const std::vector<double> &values) {
  places.takeChoices(scalar, first, values);
  GpuSpaces::Taken taken = places.taken();
  key.insert(key.end(), {chooseWord, scalar, count, taken.phase, taken.batch});
}

void GpuCalls::start() {
  auto it = prepared.find(key);
  if (it == prepared.end())
    it = prepared.emplace(key, prepare()).first;
  gpu.start(*it->second.sequence, places.upload(), slot);
  started.push_back({slot, &it->second});
  slot = (slot + 1) % Gpu::slots;
}

const uint8_t *GpuCalls::await() {
  Started oldest = started.front();
  started.pop_front();
  gpu.await(oldest.slot);
  return oldest.what->fetched->data();
}

/// Makes the sequence of what was queued.
GpuCalls::Prepared GpuCalls::prepare() {
  Prepared made;
  made.fetched = std::make_unique<PinnedMemory>(gpu, std::max<size_t>(fetchedBytes, 8));
  uint8_t *to = made.fetched->data();
  std::vector<GpuStep> steps;
  for (size_t i = 1; i < key.size();) {
    if (key[i] == copyWord) {
      steps.push_back(copyStep(&key[i], to));
      to += up(steps.back().bytes, 8);
      i += 6;
      continue;
    }
    if (key[i] == chooseWord) {
      steps.push_back(chooseStep(&key[i]));
      i += 5;
      continue;
    }
    for (uint64_t call = key[i]; call < key[i] + key[i + 1]; ++call) {
      std::vector<GpuStep> own = stepsOf(uint32_t(call), {key[i + 2], key[i + 3]}),
                           across = meansBehind(uint32_t(call));
      steps.insert(steps.end(), own.begin(), own.end());
      steps.insert(steps.end(), across.begin(), across.end());
    }
    i += 4;
  }
  made.sequence = gpu.prepare(steps);
  return made;
}

/// The copy that the words of a key describe.
GpuStep GpuCalls::copyStep(const uint64_t *words, uint8_t *to) const {
  GpuStep copy;
  copy.from = places.place({gan_space(words[1]), words[2]}, {words[4], words[5]});
  copy.to = to;
  copy.bytes = words[3];
  copy.touched = {{copy.from, copy.bytes, false}};
  return copy;
}

/// The choice of a number that the words of a key describe.
GpuStep GpuCalls::chooseStep(const uint64_t *words) const {
  GpuSpaces::Taken taken{words[3], words[4]};
  GpuPlace count = places.place({GAN_SPACE_STATE, words[2]}, taken), table = places.choices(uint32_t(words[1]), taken),
           number = places.place({GAN_SPACE_SCALAR, 8 * words[1]}, taken);
  GpuStep step;
  step.launch = &chooseLaunch;
  step.function = gpu.choose();
  step.given = {count, table, number};
  step.touched = {{count, 8, false}, {table, places.choicesBytes(), false}, {number, 8, true}};
  return step;
}

/// What the GPU exchanges with those of other ranks behind a call.
std::vector<GpuStep> GpuCalls::meansBehind(uint32_t call) const {
  std::vector<GpuStep> steps;
  for (const gan_collective &c : means)
    if (gpu.joined() && c.after_call == call) {
      GpuStep step;
      step.mean = c.count;
      step.from = places.place(c.address, {0, 0});
      step.touched = {{step.from, c.count * sizeof(float), true}};
      steps.push_back(step);
    }
  return steps;
}

std::vector<GpuStep> GpuCalls::stepsOf(uint32_t index, GpuSpaces::Taken taken) {
  const gan_call &call = graph.calls[index];
  const gan_kernel &kernel = program.kernels[call.kernel];
  const gan_device_kernel &row = kernels.row(call.kernel);
  const GpuKernels::Loaded &loaded = kernels.loaded(call.kernel);
  uint64_t at = scratchTurn++ % scratchRegions * scratchRegion;
  std::vector<GpuPlace> scratchPlaces;
  for (uint32_t i = 0; i < row.num_scratch; ++i, at += up(row.scratch[i - 1], Gpu::alignment))
    scratchPlaces.push_back({scratch->buffer(), at});
  std::vector<GpuStep> steps;
  for (uint32_t l = 0; l < row.num_launches; ++l) {
    GpuStep step;
    step.launch = &row.launches[l];
    step.function = loaded.functions[l];
    for (uint32_t g = 0; g < step.launch->num_given; ++g) {
      const gan_given &given = step.launch->given[g];
      switch (given.kind) {
      case GAN_GIVEN_ARGUMENT: {
        const gan_arg &arg = kernel.args[given.index];
        step.given.push_back(places.place(call.addresses[given.index], taken));
        step.touched.push_back({step.given.back(), bytesOf(arg), arg.written != 0});
        break;
      }
      case GAN_GIVEN_SCRATCH: // a launch of a kernel writes what a later one reads: both count as writing
        step.given.push_back(scratchPlaces[given.index]);
        step.touched.push_back({step.given.back(), row.scratch[given.index], true});
        break;
      case GAN_GIVEN_CONSTANT:
        step.given.push_back({loaded.constants[given.index]->buffer(), 0});
        break;
      }
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

} // namespace ganrt
