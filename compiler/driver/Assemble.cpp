#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include <dlfcn.h>
#include <filesystem>
#include <regex>
#include <sstream>

namespace gan {

/// Where tools/setup puts it, seen from a ganc in a folder of build/.
static std::string fetchedAssembler() {
  return (std::filesystem::path(ownPath()).parent_path().parent_path() / "deps" / "cuda" / "ptxas").string();
}

std::string findAssembler() {
  if (const char *given = std::getenv("GANC_PTXAS"))
    return given;
  if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  for (const std::string &path : {std::string("/usr/local/cuda/bin/ptxas"), fetchedAssembler()})
    if (llvm::sys::fs::can_execute(path))
      return path;
  return "";
}

/// What `ptxas -v` says of each function: "Compiling entry function 'f' ..", "16 bytes stack frame, ..", "Used 30
/// registers, .., 4096 bytes smem, ..". The last line ends a function's part.
static std::map<std::string, DeviceImage::Use> readUses(const std::string &said) {
  static const std::regex entry("Compiling entry function '([^']*)'"), stack("(\\d+) bytes stack frame"),
      registers("Used (\\d+) registers"), shared("(\\d+) bytes smem");
  std::map<std::string, DeviceImage::Use> uses;
  std::string function;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, entry))
      function = found[1];
    if (std::regex_search(line, found, stack))
      uses[function].stack = std::stoll(found[1]);
    if (std::regex_search(line, found, registers))
      uses[function].registers = std::stoll(found[1]);
    if (std::regex_search(line, found, shared))
      uses[function].shared = std::stoll(found[1]);
  }
  return uses;
}

DeviceImage assemble(const DeviceCode &code, const std::string &architecture, const std::string &assembler,
                     const std::string &folder, const std::string &name) {
  std::string text = folder + "/" + name + ".ptx", out = folder + "/" + name + ".cubin", log = out + ".log";
  writeFile(text, code.text);
  pid_t pid = startProcess({assembler, "-v", "-arch=" + architecture, "-o", out, text}, log,
                           "the assembler " + assembler + " was not found");
  int status = waitForChild(pid).status;
  std::string said = tryReadFile(log).value_or("");
  if (status && said.find("is not defined for option") != std::string::npos)
    throw UserError("the assembler " + assembler + " does not know --gpu-arch " + architecture);
  if (status)
    throw InternalError("assemble for " + architecture, "", said + code.text);
  DeviceImage image{architecture, readFile(out), {}};
  std::map<std::string, DeviceImage::Use> uses = readUses(said);
  for (const DeviceLaunch &launch : code.launches)
    image.uses.push_back(uses[launch.function]);
  for (const std::string &file : {text, out, log})
    llvm::sys::fs::remove(file);
  return image;
}

LocalCard cardOfThisMachine() {
  void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver)
    return {};
  auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  auto get = reinterpret_cast<int (*)(int *, int)>(dlsym(driver, "cuDeviceGet"));
  auto attribute = reinterpret_cast<int (*)(int *, int, int)>(dlsym(driver, "cuDeviceGetAttribute"));
  auto nameOf = reinterpret_cast<int (*)(char *, int, int)>(dlsym(driver, "cuDeviceGetName"));
  constexpr int majorAttribute = 75, minorAttribute = 76;
  int device = 0, major = 0, minor = 0;
  char name[256] = "";
  bool known = init && get && attribute && nameOf && !init(0) && !get(&device, 0) &&
               !attribute(&major, majorAttribute, device) && !attribute(&minor, minorAttribute, device) &&
               !nameOf(name, sizeof name, device);
  return known ? LocalCard{"sm_" + std::to_string(10 * major + minor), name} : LocalCard();
}

} // namespace gan
