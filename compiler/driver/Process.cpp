#include "compiler/driver/Process.h"
#include "compiler/driver/Cleanup.h"
#include "compiler/driver/Files.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char **environ;

namespace gan {

pid_t startProcess(std::vector<std::string> words, const std::string &log, const std::string &missing) {
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  pid_t pid = -1;
  int error = 0;
  {
    std::unique_lock lock = untilSignal();
    error = posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
    if (!error)
      childStarted(pid);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT)
    throw UserError(missing);
  if (error)
    throw UserError("`" + words[0] + "` could not be started: " + std::strerror(error));
  return pid;
}

/// Prepares a copy of ganc after the fork: it gets its own process group and none of ganc's signal handlers.
static void becomeChild(pid_t parent, const sigset_t &mask, const std::string &log) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) // the parent ended just before
    raise(SIGKILL);
  for (int number = 1; number < NSIG; ++number) { // handlers would write into ganc's own pipe
    struct sigaction action {};
    if (!sigaction(number, nullptr, &action) && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
      signal(number, SIG_DFL);
  }
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0)
    dup2(file, 2);
}

pid_t forkProcess(const std::function<int()> &work, const std::string &log) {
  sigset_t all, before;
  sigfillset(&all);
  std::unique_lock lock = untilSignal();
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid(), pid = fork();
  if (!pid) {
    becomeChild(parent, before, log);
    lock.unlock();
    int status = [&]() noexcept { return work(); }(); // no exception may reach the code that ganc was running
    _exit(status); // skips what ganc removes and prints at its end, which is not the copy's task
  }
  int error = errno;
  if (pid > 0) {
    setpgid(pid, pid); // parent and child both call it, because either may come first
    childStarted(pid);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    throw UserError(std::string("a child process could not be started: ") + std::strerror(error));
  return pid;
}

EndedChild waitForChild(pid_t pid) {
  EndedChild ended{-1, 0};
  do
    ended.pid = waitpid(pid, &ended.status, 0);
  while (ended.pid < 0 && errno == EINTR);
  if (ended.pid < 0)
    throw UserError(std::string("a child process could not be waited for: ") + std::strerror(errno));
  childEnded(ended.pid);
  return ended;
}

EndedChild waitForChild(pid_t pid, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (;;) {
    siginfo_t info{};
    if (!waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid)
      return waitForChild(pid);
    if (Clock::now() >= end)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(-pid, SIGKILL);
  waitForChild(pid);
  return {pid, SIGALRM};
}

std::string endText(int status) {
  if (WIFSIGNALED(status))
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
  return "ended with exit status " + std::to_string(WEXITSTATUS(status));
}

std::string lastLines(const std::string &log) {
  std::string text = tryReadFile(log).value_or("");
  text.erase(text.find_last_not_of(" \n") + 1);
  size_t begin = text.size();
  for (int lines = 0; lines < 5 && begin != std::string::npos && begin > 0; ++lines)
    begin = text.rfind('\n', begin - 1);
  return text.empty() ? "" : begin == std::string::npos || begin == 0 ? ":\n" + text : ":" + text.substr(begin);
}

} // namespace gan
