// Runs queues. Tasks are numbered in the order of the calls and wait only for smaller numbers, so waiting ends.
#include "tests/ptx/mock/Streams.h"

#include <thread>

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

void Streams::add(CUstream handle, Work work) {
  std::shared_ptr<Stream> stream = at(handle);
  require(!stream->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  add(*stream, std::move(work));
}

uint64_t Streams::add(Stream &stream, Work work) {
  stream.tasks.push_back({++last, std::move(work)});
  return last;
}

bool Streams::advance(Stream &stream, uint64_t number) {
  while (!stream.tasks.empty() && stream.tasks.front().number <= number) {
    Task task = std::move(stream.tasks.front());
    stream.tasks.pop_front();
    if (!advanceBefore(stream, task.number) || !task.work()) {
      stream.tasks.push_front(std::move(task));
      return false;
    }
  }
  return true;
}

void Streams::finish(Stream &stream, uint64_t number) {
  while (!advance(stream, number))
    std::this_thread::yield();
}

/// Work of the default stream and that of the others take turns, in the order of the calls.
bool Streams::advanceBefore(const Stream &stream, uint64_t number) {
  bool all = true;
  if (&stream == standard.get()) {
    for (auto &[handle, other] : streams)
      if (other->blocking)
        all &= advance(*other, number - 1);
  } else if (stream.blocking) {
    all = advance(*standard, number - 1);
  }
  return all;
}

void Streams::finishBlocking() {
  finish(*standard);
  for (auto &[handle, stream] : streams)
    if (stream->blocking)
      finish(*stream);
}

void Streams::advanceAll() {
  advance(*standard, ~uint64_t(0));
  for (auto &[handle, stream] : streams)
    advance(*stream, ~uint64_t(0));
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
    recording->time = std::chrono::steady_clock::now();
    return recording->done = true;
  });
  events.at(handle)->latest = recording;
}

void Streams::wait(CUstream stream, CUevent handle) {
  if (std::shared_ptr<Recording> recording = events.at(handle)->latest; recording && !recording->done)
    add(stream, Work([this, recording] { return advance(*recording->stream, recording->number); }));
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
  return advance(*recording->stream, recording->number);
}

float Streams::milliseconds(CUevent start, CUevent end) const {
  std::shared_ptr<Event> a = events.at(start), b = events.at(end);
  require(a->timed && b->timed && a->latest && b->latest, CUDA_ERROR_INVALID_HANDLE);
  require(a->latest->done && b->latest->done, CUDA_ERROR_NOT_READY);
  return std::chrono::duration<float, std::milli>(b->latest->time - a->latest->time).count();
}

} // namespace ptx::mock
