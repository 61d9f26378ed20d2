// The threads that run kernels. A step is a chain of short parallel loops: a thread that has no task looks for the next
// loop for some microseconds before it sleeps, as waking it costs more than many a loop. Meanwhile it takes tasks of a
// loop that was offered, for which nobody waits yet.
#pragma once

#include <HalideRuntime.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace ganrt {

/// Tasks with numbers, each taken once, in order, by whichever thread comes.
class Loop {
public:
  /// Only when the loop before has ended.
  void begin(halide_task_t function, int first, int count, uint8_t *closure);
  /// Runs the next task; false where all are taken.
  bool takeOne();
  /// Runs what nobody has taken and waits for the rest, `patience` looks before it sleeps; a task's status that is not
  /// 0, else 0.
  int finish(int patience);

private:
  halide_task_t function = nullptr;
  uint8_t *closure = nullptr;
  int end = 0;
  std::atomic<uint64_t> open = 0; ///< number of the loop in the upper half, tasks that nobody has taken in the lower
  std::atomic<int> unfinished = 0, status = 0;
};

class Threads {
public:
  Threads() = default;
  ~Threads() { stop(); }
  /// How many run tasks, with the thread that calls; one before this is called.
  void start(int count);
  /// Runs a loop. In order on this thread where a loop runs already, as from inside a task.
  int run(halide_task_t function, int first, int count, uint8_t *closure);
  /// Tasks for threads that would wait else, after what was offered before. `finishOffered` runs what is left of them.
  void offer(halide_task_t function, int count, uint8_t *closure);
  void finishOffered() { offered.finish(patience); }

private:
  void work();
  void call();
  void stop();

  int patience = 0; ///< looks before a thread sleeps
  Loop loop, offered;
  std::atomic<bool> running = false; ///< whether `loop` does
  std::atomic<uint32_t> calls = 0;   ///< counts loops, for those who sleep
  std::atomic<bool> stopping = false;
  std::vector<std::thread> others;
};

/// Those of this process; kernels know no others.
Threads &kernelThreads();

/// Runs task(0) to task(count - 1) on these threads; throws what the first that failed has thrown.
void inParallel(size_t count, const std::function<void(size_t)> &task);

/// Prepares Halide's runtime: number of threads, and our words where a kernel fails.
void startKernels(int threads);

} // namespace ganrt
