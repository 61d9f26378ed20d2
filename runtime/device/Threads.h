// The threads that run kernels. A training step is a chain of short parallel loops, and waking a thread can cost more
// than a whole loop. A thread without a task therefore polls for the next loop for some microseconds before it sleeps.
// Meanwhile it takes tasks of the offered loop, whose results nobody waits for yet.
#pragma once

#include <HalideRuntime.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace ganrt {

/// Numbered tasks. Each is taken once, in order, by whichever thread is free.
class Loop {
public:
  /// Starts a new loop; the previous one must have ended.
  void begin(halide_task_t function, int first, int count, uint8_t *closure);
  /// Runs the next task. Returns false if all tasks are taken.
  bool takeOne();
  /// Runs the tasks that nobody has taken and waits for the others; polls `patience` times before it sleeps. Returns 0
  /// if all tasks succeeded, otherwise the status of one that did not.
  int finish(int patience);

private:
  halide_task_t function = nullptr;
  uint8_t *closure = nullptr;
  int end = 0;
  std::atomic<uint64_t> open = 0; ///< upper half: number of the loop; lower half: tasks that nobody has taken yet
  std::atomic<int> unfinished = 0, status = 0;
};

class Threads {
public:
  Threads() = default;
  ~Threads() { stop(); }
  /// Sets how many threads run tasks, the calling thread included. Before the first call it is only that one.
  void start(int count);
  /// Runs a loop and returns its status. If a loop is already running (as when a task calls this), this thread runs all
  /// tasks in order.
  int run(halide_task_t function, int first, int count, uint8_t *closure);
  /// Offers tasks to threads that would otherwise wait; first finishes what was offered before. `finishOffered` runs
  /// the tasks that are left.
  void offer(halide_task_t function, int count, uint8_t *closure);
  void finishOffered() { offered.finish(patience); }

private:
  void work();
  void call();
  void stop();

  int patience = 0; ///< how often a thread polls before it sleeps
  Loop loop, offered;
  std::atomic<bool> running = false; ///< whether `loop` is running
  std::atomic<uint32_t> calls = 0;   ///< counts loops, so that sleeping threads notice a new one
  std::atomic<bool> stopping = false;
  std::vector<std::thread> others;
};

/// The threads of this process, which all kernels use.
Threads &kernelThreads();

/// Runs task(0) to task(count - 1) on these threads. If tasks throw, throws the first exception.
void inParallel(size_t count, const std::function<void(size_t)> &task);

/// Prepares Halide's runtime: sets the number of threads and our own message for a kernel that fails.
void startKernels(int threads);

} // namespace ganrt
