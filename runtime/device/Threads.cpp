#include "runtime/device/Threads.h"
#include "runtime/base/Error.h"
#include "runtime/base/Machine.h"
#include "runtime/base/Processor.h"
#include "runtime/device/Scratch.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <unistd.h>

namespace ganrt {

void Loop::begin(halide_task_t task, int first, int count, uint8_t *data) {
  function = task, closure = data, end = first + count;
  status.store(0, std::memory_order_relaxed);
  unfinished.store(count, std::memory_order_relaxed);
  uint64_t number = (open.load(std::memory_order_relaxed) >> 32) + 1;
  open.store(number << 32 | uint32_t(count));
}

bool Loop::takeOne() {
  uint64_t seen = open.load(std::memory_order_acquire);
  do {
    if (!uint32_t(seen))
      return false;
  } while (!open.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel, std::memory_order_acquire));
  // The loop cannot end before this task does, so its members do not change meanwhile.
  if (int result = function(nullptr, end - int(uint32_t(seen)), closure))
    status.store(result, std::memory_order_relaxed);
  if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1)
    unfinished.notify_all();
  return true;
}

int Loop::finish(int patience) {
  while (takeOne())
    ;
  int left = unfinished.load(std::memory_order_acquire);
  for (int looks = 0; left; left = unfinished.load(std::memory_order_acquire))
    if (++looks < patience)
      pauseBriefly();
    else
      unfinished.wait(left, std::memory_order_acquire);
  return status.load(std::memory_order_relaxed);
}

void Threads::start(int count) {
  stop();
  stopping = false;
  // Polling lasts less than a hundred microseconds, which is a few times what waking a thread takes. With more threads
  // than cores it is almost off, because it would keep other threads from running.
  patience = count <= usableCores() ? 4000 : 50;
  try {
    for (int t = 1; t < count; ++t)
      others.emplace_back([this] { work(); });
  } catch (const std::system_error &) {
    throw UserError("only " + std::to_string(others.size() + 1) + " of " + std::to_string(count) +
                    " threads could be started: ask for fewer with --threads, or raise the limit (ulimit -u)");
  }
}

void Threads::stop() {
  stopping = true;
  call();
  for (std::thread &t : others)
    t.join();
  others.clear();
}

void Threads::call() {
  ++calls;
  calls.notify_all();
}

void Threads::work() {
  for (int looks = 0; !stopping; ++looks) {
    uint32_t heard = calls;
    if (loop.takeOne() || offered.takeOne()) {
      looks = 0;
    } else if (looks < patience) {
      pauseBriefly();
    } else {
      calls.wait(heard);
      looks = 0;
    }
  }
}

int Threads::run(halide_task_t function, int first, int count, uint8_t *closure) {
  if (count > 1 && !others.empty() && !running.exchange(true)) {
    loop.begin(function, first, count, closure);
    call();
    int status = loop.finish(patience);
    running = false;
    return status;
  }
  int status = 0;
  for (int i = first; i < first + count; ++i)
    if (int result = function(nullptr, i, closure))
      status = result;
  return status;
}

void Threads::offer(halide_task_t function, int count, uint8_t *closure) {
  finishOffered();
  offered.begin(function, 0, count, closure);
  call();
}

Threads &kernelThreads() {
  static Threads threads; // global, because Halide's hook is a plain function without a context
  return threads;
}

namespace {

/// The tasks of inParallel and the first exception that one of them threw.
struct Tasks {
  const std::function<void(size_t)> &task;
  std::mutex lock;
  std::exception_ptr failure;
  std::atomic<bool> failed = false;

  void run(size_t number) {
    if (failed)
      return;
    try {
      task(number);
    } catch (...) {
      std::lock_guard held(lock);
      failure = failure ? failure : std::current_exception();
      failed = true;
    }
  }
};

int runOne(void *, int number, uint8_t *closure) {
  reinterpret_cast<Tasks *>(closure)->run(size_t(number));
  return 0;
}

} // namespace

void inParallel(size_t count, const std::function<void(size_t)> &task) {
  Tasks tasks{task, {}, {}};
  kernelThreads().run(runOne, 0, int(count), reinterpret_cast<uint8_t *>(&tasks));
  if (tasks.failure)
    std::rethrow_exception(tasks.failure);
}

static void kernelError(void *, const char *words) {
  if (strstr(words, "Out of memory")) { // memory that a kernel allocates while it runs; an exception could not pass
                                        // through the kernel's code
    fputs("error: out of memory in a kernel\n", stderr);
    _exit(1);
  }
  fputs("internal error in a kernel: this is a bug of ganc, please report it with the model\n", stderr);
  abort();
}

void startKernels(int threads) {
  halide_set_error_handler(kernelError);
  kernelThreads().start(threads);
  halide_set_custom_malloc([](void *, size_t bytes) { return takeScratch(bytes); });
  halide_set_custom_free([](void *, void *memory) { giveScratch(memory); });
  halide_set_custom_do_par_for([](void *, halide_task_t task, int first, int count, uint8_t *closure) {
    return kernelThreads().run(task, first, count, closure);
  });
}

} // namespace ganrt
