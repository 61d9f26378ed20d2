#include "runtime/base/Background.h"

#include <pthread.h>

namespace ganrt {

Background::Background() : thread([this] { work(); }) {}

Background::~Background() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  thread.join();
}

void giveWay() {
  sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none); // if the system refuses, the thread keeps its policy
}

void Background::work() {
  giveWay();
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return job || stopping; });
    if (!job)
      return;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      job();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    job = nullptr;
    error = thrown;
    changed.notify_all();
  }
}

void Background::wait() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return !job; });
  if (error)
    std::rethrow_exception(std::exchange(error, nullptr));
}

bool Background::busy() {
  std::lock_guard lock(mutex);
  return bool(job);
}

void Background::start(std::function<void()> next) {
  wait();
  {
    std::lock_guard lock(mutex);
    job = std::move(next);
  }
  changed.notify_all();
}

} // namespace ganrt
