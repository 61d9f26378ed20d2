#include "compiler/driver/Cleanup.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace gan {
namespace {

struct Outliving {
  std::mutex mutex;
  std::set<pid_t> children;
  std::multiset<std::string> paths;
};
/// Never destroyed, because the watching thread may use it while the process ends.
Outliving &outliving() {
  static auto *all = new Outliving;
  return *all;
}

int signals[2]; ///< a pipe: the handler writes the signal's number, and the watching thread reads it

void onSignal(int number) {
  int before = errno;
  char byte = char(number);
  [[maybe_unused]] ssize_t written = write(signals[1], &byte, 1);
  errno = before;
}

/// Another thread may still be writing into a folder, so that removing it fails, but not for long.
void removeWhileWritten(const std::string &path) {
  std::error_code failure;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::filesystem::remove_all(path, failure);
    if (!failure)
      return;
    usleep(1000);
  }
}

/// Removing files needs memory and locks, which a signal handler must not use, so a thread does it.
void endOn(int number) {
  Outliving &all = outliving();
  all.mutex.lock(); // never unlocked again
  for (pid_t child : all.children)
    kill(-child, SIGKILL);
  for (pid_t child : all.children) // a child that still runs could write into a folder that is being removed
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  for (const std::string &path : all.paths)
    removeWhileWritten(path);
  signal(number, SIG_DFL);
  kill(getpid(), number);
  for (;;)
    pause();
}

void openStandardDescriptors() {
  for (int d = 0; d < 3; ++d)
    while (fcntl(d, F_GETFD) < 0 && open("/dev/null", O_RDWR) >= 0) { // open takes the lowest descriptor that is closed
    }
}

} // namespace

void watchSignals() {
  openStandardDescriptors();
  signal(SIGPIPE, SIG_IGN); // a write to a closed pipe then fails, which is reported like a full disk
  signal(SIGCHLD, SIG_DFL); // children could not be waited for if it were ignored
  if (pipe2(signals, O_CLOEXEC))
    return;
  try {
    std::thread([] {
      char number;
      while (read(signals[0], &number, 1) != 1) {
      }
      endOn(number);
    }).detach();
  } catch (const std::system_error &) {
    return; // without the thread, a signal ends ganc at once
  }
  for (int number :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ}) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN)
      continue; // the caller ignores this signal, as nohup does
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, nullptr);
  }
}

RemovedOnSignal::RemovedOnSignal(const std::function<std::string()> &make) {
  std::unique_lock lock = untilSignal();
  path = make();
  outliving().paths.insert(path);
}

RemovedOnSignal::~RemovedOnSignal() {
  std::unique_lock lock = untilSignal();
  outliving().paths.extract(path);
}

std::unique_lock<std::mutex> untilSignal() { return std::unique_lock(outliving().mutex); }

void childStarted(pid_t pid) { outliving().children.insert(pid); }

void childEnded(pid_t pid) {
  std::unique_lock lock = untilSignal();
  outliving().children.erase(pid);
}

} // namespace gan
