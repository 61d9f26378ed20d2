#include "compiler/driver/Process.h"
#include "compiler/driver/Files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>

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
  pid_t pid = -1;
  int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT)
    throw UserError(missing);
  if (error)
    throw UserError("`" + words[0] + "` could not be started: " + std::strerror(error));
  return pid;
}

} // namespace gan
