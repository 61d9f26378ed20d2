// Runs queues. Tasks are numbered in the order of the calls and wait only for smaller numbers, so waiting ends.
#include "tests/ptx/mock/Streams.h"

namespace ptx::mock {

std::shared_ptr<Stream> Streams::at(CUstream handle) const {
  bool isDefault = handle == nullptr || handle == reinterpret_cast<CUstream>(1); // CU_STREAM_LEGACY
  return isDefault ? standard : streams.at(handle);
}

void Streams::destroy(CUstream handle) {
  std::shared_ptr<Stream> stream = streams.at(handle);
  finish(*stream);
  streams.take(handle);
}

uint64_t Streams::add(Stream &stream, std::function<void()> work) {
  stream.tasks.push_back({++last, std::move(work)});
  return last;
}

void Streams::finish(Stream &stream, uint64_t number) {
  while (!stream.tasks.empty() && stream.tasks.front().number <= number) {
    Task task = std::move(stream.tasks.front());
    stream.tasks.pop_front();
    finishBefore(stream, task.number);
    task.work();
  }
}

/// Work of the default stream and that of the others take turns, in the order of the calls.
void Streams::finishBefore(const Stream &stream, uint64_t number) {
  if (&stream == standard.get()) {
    for (auto &[handle, other] : streams)
      if (other->blocking)
        finish(*other, number - 1);
  } else if (stream.blocking) {
    finish(*standard, number - 1);
  }
}

void Streams::finishBlocking() {
  finish(*standard);
  for (auto &[handle, stream] : streams)
    if (stream->blocking)
      finish(*stream);
}

void Streams::finishAll() {
  finish(*standard);
  for (auto &[handle, stream] : streams)
    finish(*stream);
}

void Streams::record(CUevent handle, CUstream streamHandle) {
  std::shared_ptr<Stream> stream = at(streamHandle);
  auto recording = std::make_shared<Recording>(Recording{stream, 0});
  recording->number = add(*stream, [recording] {
    recording->done = true;
    recording->time = std::chrono::steady_clock::now();
  });
  events.at(handle)->latest = recording;
}

void Streams::wait(CUstream stream, CUevent handle) {
  if (std::shared_ptr<Recording> recording = events.at(handle)->latest; recording && !recording->done)
    add(stream, [this, recording] { finish(*recording->stream, recording->number); });
}

void Streams::synchronize(CUevent handle) {
  if (std::shared_ptr<Recording> recording = events.at(handle)->latest; recording && !recording->done)
    finish(*recording->stream, recording->number);
}

bool Streams::query(CUevent handle) {
  std::shared_ptr<Recording> recording = events.at(handle)->latest;
  if (!recording || recording->done)
    return true;
  if (!recording->queried) {
    recording->queried = true;
    return false;
  }
  finish(*recording->stream, recording->number);
  return true;
}

float Streams::milliseconds(CUevent start, CUevent end) const {
  std::shared_ptr<Event> a = events.at(start), b = events.at(end);
  require(a->timed && b->timed && a->latest && b->latest, CUDA_ERROR_INVALID_HANDLE);
  require(a->latest->done && b->latest->done, CUDA_ERROR_NOT_READY);
  return std::chrono::duration<float, std::milli>(b->latest->time - a->latest->time).count();
}

} // namespace ptx::mock
