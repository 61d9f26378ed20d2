// Runs one job at a time on a thread of its own. An exception that the job throws is thrown again where the job is
// waited for.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace ganrt {

/// Makes the calling thread give way to others: it no longer interrupts them when it wakes up and only uses the time
/// that they leave.
void giveWay();

class Background {
public:
  Background();
  /// Waits for the job that runs and drops its error.
  ~Background();
  /// Waits for the previous job, throws its error if it had one, and starts this one.
  void start(std::function<void()> job);
  /// Waits for the job and throws its error if it had one.
  void wait();
  bool busy();

private:
  void work();

  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> job;
  std::exception_ptr error;
  bool stopping = false;
  std::thread thread;
};

} // namespace ganrt
