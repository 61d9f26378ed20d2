#include "compiler/driver/Link.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include <sys/wait.h>

namespace gan {

static int runTool(const std::vector<std::string> &words, const std::string &log) {
  pid_t pid = startProcess(
      words, log, "the system's linker driver `cc` was not found: install a C compiler (Debian: apt-get install gcc)");
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
