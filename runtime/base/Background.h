// One job at a time on a thread of its own; what goes wrong in it is thrown where the job is waited for.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace ganrt {

/// The thread that calls it no longer interrupts others when it wakes up; it works where they leave time.
void giveWay();

class Background {
public:
  Background();
  /// Ends the job that runs, without its error.
  ~Background();
  /// Waits for the job before, throws its error, and starts this one.
  void start(std::function<void()> job);
  /// Throws the error of the job that it waited for.
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
