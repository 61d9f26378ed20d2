#include "runtime/device/ranks/MeanOverRanks.h"

#include <algorithm>

namespace ganrt {

void meanOf(const float *parts, size_t ranks, size_t apart, size_t count, float *out) {
  constexpr size_t block = 256; // sums stay in the nearest cache
  double sums[block];
  for (size_t first = 0; first < count; first += block) {
    size_t n = std::min(block, count - first);
    for (size_t i = 0; i < n; ++i)
      sums[i] = double(parts[first + i]);
    for (size_t r = 1; r < ranks; ++r)
      for (size_t i = 0; i < n; ++i)
        sums[i] += double(parts[r * apart + first + i]);
    // Divided and not multiplied by 1 / ranks: the mean of equal floats is that float.
    for (size_t i = 0; i < n; ++i)
      out[first + i] = float(sums[i] / double(ranks));
  }
}

/// MPI may still write into the memory of what was begun.
MeanOverRanks::~MeanOverRanks() {
  for (int tries = 0; !jobs.empty() && tries < 1000; ++tries)
    progress();
}

uint64_t MeanOverRanks::start(float *floats, size_t count) {
  auto size = size_t(ranks.size());
  bool few = count <= fewFloats;
  Job job{floats, count, few ? 0 : (count + size - 1) / size, few ? Phase::Gathering : Phase::Slicing, nullptr, {}};
  if (!spare.empty()) {
    job.received = std::move(spare.back());
    spare.pop_back();
  }
  job.received.resize((few ? count : job.slice) * size);
  const gan_transport &moves = ranks.transport();
  job.started = few ? moves.start_gather(0, floats, job.received.data(), count * sizeof(float))
                    : moves.start_slices(0, floats, job.received.data(), count, job.slice);
  jobs.push_back(std::move(job));
  return next++;
}

void MeanOverRanks::sum(Job &job) const {
  auto size = size_t(ranks.size());
  if (!job.slice)
    return meanOf(job.received.data(), size, job.count, job.count, job.floats);
  size_t first = std::min(job.count, job.slice * size_t(ranks.rank()));
  meanOf(job.received.data(), size, job.slice, std::min(job.slice, job.count - first), job.floats + first);
}

/// `mayStart`: all jobs before this one have begun to spread, so that it may too; on the second channel that order is
/// the same on all ranks, whichever slices came first.
void MeanOverRanks::advance(Job &job, bool mayStart) {
  const gan_transport &moves = ranks.transport();
  if ((job.phase == Phase::Gathering || job.phase == Phase::Slicing) && moves.finished(job.started)) {
    sum(job);
    job.phase = job.phase == Phase::Gathering ? Phase::Done : Phase::Summed;
  }
  if (job.phase == Phase::Summed && mayStart) {
    job.started = moves.start_whole(1, job.floats, job.count, job.slice);
    job.phase = Phase::Spreading;
  }
  if (job.phase == Phase::Spreading && moves.finished(job.started))
    job.phase = Phase::Done;
}

void MeanOverRanks::progress() {
  bool mayStart = true;
  for (Job &job : jobs) {
    advance(job, mayStart);
    mayStart &= job.phase != Phase::Slicing && job.phase != Phase::Summed;
  }
  while (!jobs.empty() && jobs.front().phase == Phase::Done) {
    spare.push_back(std::move(jobs.front().received));
    jobs.pop_front();
  }
}

void MeanOverRanks::finish(uint64_t number) {
  ranks.wait([&] {
    progress();
    return number + jobs.size() < next;
  });
}

} // namespace ganrt
