#include "runtime/commands/FaultSearch.h"
#include "runtime/program/CallByCall.h"

#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ganrt {
namespace {

constexpr const char *thisProgram = "/proc/self/exe";

/// Words as the system takes them. `words` must outlive the result.
std::vector<char *> pointers(Words &words) {
  std::vector<char *> list;
  for (std::string &word : words)
    list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

std::string readAll(int file) {
  std::string text;
  char part[4096];
  for (ssize_t n; (n = read(file, part, sizeof part)) > 0;)
    text.append(part, size_t(n));
  return text;
}

/// Runs this program with other words. Returns its standard output; "" if it failed.
std::string outputOf(Words words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC))
    return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  bool started = !posix_spawn(&child, thisProgram, &actions, nullptr, pointers(words).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text = started ? readAll(ends[0]) : "";
  close(ends[0]);
  int status = 1;
  if (started)
    waitpid(child, &status, 0);
  return status ? "" : text;
}

} // namespace

std::string explainFault(const std::string &run, uint64_t until, const std::string &fault) {
  std::string found = outputOf({"trainer", "find-fault", "--run", run, "--until", std::to_string(until)});
  return found.empty() ? fault + "; trained again from the last checkpoint, call by call, no kernel faulted" : found;
}

void repeatCallByCall(const char *self, const Words &words) {
  if (callByCall())
    return;
  fprintf(stderr, "a kernel faulted on the GPU; the command is repeated call by call, to find which\n");
  setenv("GANC_CALL_BY_CALL", "1", 1);
  Words all{self};
  all.insert(all.end(), words.begin(), words.end());
  execv(thisProgram, pointers(all).data());
}

} // namespace ganrt
