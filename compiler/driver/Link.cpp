#include "compiler/driver/Link.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

namespace gan {

static std::string linker(const Architecture &architecture) { return architecture.own ? "cc" : architecture.compiler; }

/// What to do where there is no linker.
static std::string advice(const Architecture &architecture) {
  if (architecture.own)
    return "install a C compiler (Debian: apt-get install gcc)";
  std::string package = architecture.compiler; // gcc-aarch64-linux-gnu has aarch64-linux-gnu-gcc
  return "install it (Debian: apt-get install gcc-" + package.substr(0, package.rfind('-')) + ")";
}

RuntimeFiles runtimeFiles(const Architecture &architecture) {
  std::string include = runtimeFolder(), folder = include + "/" + architecture.name;
  RuntimeFiles files{include, folder + "/libganrt.a", folder + "/halide_runtime.o"};
  for (const std::string &path : {files.library, files.halide})
    if (!llvm::sys::fs::exists(path))
      throw UserError("ganc's runtime library for " + std::string(architecture.name) + " is missing: looked for " +
                      path + (architecture.own ? "" : "; it is built apart, as runtime/README.md says"));
  return files;
}

/// A program's path, size and time; "" if there is none. Compilers of MPIs are links to one program that reads their
/// names, so the name itself belongs to it.
static std::string identityOf(const std::string &name) {
  llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name);
  llvm::SmallString<128> path;
  return !found || llvm::sys::fs::real_path(*found, path) ? "" : *found + " " + fileIdentity(path.str().str());
}

std::string linkerIdentity(const Architecture &architecture, const std::string &mpi) {
  return identityOf(linker(architecture)) + (mpi.empty() ? "" : " " + identityOf(mpi));
}

/// Writes the code of GPUs' kernels, and a source that makes it a constant of the program: a C compiler would take
/// seconds to read it as numbers. Returns the source's path.
static std::string writeDeviceCode(const std::string &code, const std::string &folder) {
  std::string bytes = folder + "/device.bin", source = folder + "/device.S", quoted;
  for (char c : bytes)
    quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  writeFile(bytes, code);
  writeFile(source, ".section .rodata\n.balign 64\n.globl gan_device_code\ngan_device_code:\n.incbin \"" + quoted +
                        "\"\n.section .note.GNU-stack,\"\",%progbits\n");
  return source;
}

std::string linkProgram(const ProgramFiles &program, const std::vector<std::string> &objects,
                        const Architecture &architecture, const std::string &mpi, const std::string &folder) {
  std::string source = folder + "/program.c", out = folder + "/program", log = folder + "/cc.log",
              name = mpi.empty() ? linker(architecture) : mpi;
  RuntimeFiles runtime = runtimeFiles(architecture);
  writeFile(source, program.text);
  std::vector<std::string> words{name, "-O0", "-I" + runtime.include, "-o", out, source};
  if (!mpi.empty())
    words.push_back(runtime.include + "/mpi.c");
  if (!program.deviceCode.empty())
    words.push_back(writeDeviceCode(program.deviceCode, folder));
  words.insert(words.end(), objects.begin(), objects.end());
  words.insert(words.end(), {runtime.library, runtime.halide});
  // C++'s own library is linked statically, so that a trainer needs only the system's libc and libm.
  for (const char *word :
       {"-Wl,--gc-sections", "-Wl,-s", "-static-libgcc", "-l:libstdc++.a", "-lm", "-lpthread", "-ldl"})
    words.emplace_back(word);
  std::string named = (mpi.empty() ? "the system's linker driver `" : "MPI's compiler `") + name + "` ";
  pid_t pid = startProcess(words, log, named + "was not found: " + advice(architecture));
  if (int status = waitForChild(pid).status)
    throw UserError(named + endText(status) + lastLines(log));
  return readFile(out);
}

} // namespace gan
