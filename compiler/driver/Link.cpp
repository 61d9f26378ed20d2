#include "compiler/driver/Link.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

namespace gan {

std::string linkerIdentity() {
  llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("cc");
  llvm::SmallString<128> path;
  llvm::sys::fs::file_status status;
  if (!found || llvm::sys::fs::real_path(*found, path) || llvm::sys::fs::status(path, status))
    return "";
  return path.str().str() + " " + std::to_string(status.getSize()) + " " +
         std::to_string(status.getLastModificationTime().time_since_epoch().count());
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
  // C++'s own library is linked statically, so that a trainer needs only the system's libc and libm.
  for (const char *word :
       {"-Wl,--gc-sections", "-Wl,-s", "-static-libgcc", "-l:libstdc++.a", "-lm", "-lpthread", "-ldl"})
    words.emplace_back(word);
  pid_t pid = startProcess(
      words, log, "the system's linker driver `cc` was not found: install a C compiler (Debian: apt-get install gcc)");
  if (int status = waitForChild(pid).status)
    throw UserError("the system's linker driver `cc` " + endText(status) + lastLines(log));
  return readFile(out);
}

} // namespace gan
