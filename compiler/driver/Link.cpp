#include "compiler/driver/Link.h"
#include "compiler/driver/Files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

namespace gan {

static int runTool(std::vector<std::string> words, const std::string &log) {
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
    throw UserError("the system's linker driver `cc` was not found: install a C compiler (Debian: apt install gcc)");
  if (error)
    throw UserError("`" + words[0] + "` could not be started: " + std::strerror(error));
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string linkProgram(const std::string &programText, const std::vector<std::string> &objects,
                        const std::string &folder) {
  std::string runtime = runtimeFolder(), source = folder + "/program.c", out = folder + "/program",
              log = folder + "/cc.log";
  writeFile(source, programText);
  std::vector<std::string> words{"cc", "-O0", "-I" + runtime, "-o", out, source};
  words.insert(words.end(), objects.begin(), objects.end());
  for (const char *library : {"/libganrt.a", "/halide_runtime.o"})
    words.push_back(runtime + library);
  // C++'s own library comes along, so that a trainer needs the system's libc and libm only.
  for (const char *word :
       {"-Wl,--gc-sections", "-Wl,-s", "-static-libgcc", "-l:libstdc++.a", "-lm", "-lpthread", "-ldl"})
    words.emplace_back(word);
  if (runTool(words, log))
    throw InternalError("link", "", tryReadFile(log).value_or(""));
  return readFile(out);
}

} // namespace gan
