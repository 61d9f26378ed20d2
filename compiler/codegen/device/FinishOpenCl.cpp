// Halide writes one parameter a line, `__address_space_NAME [const] TYPE *restrict NAME,`, and the local memory last.
// A parameter NAME becomes NAME_base, and the function's first statements make NAME from it.
#include "compiler/codegen/device/FinishOpenCl.h"

#include <optional>
#include <sstream>
#include <stdexcept>

namespace gan {
namespace {

/// A buffer parameter without its comma: "__address_space__f2 float *restrict _f2".
struct Parameter {
  std::string type, name;
};

/// Nothing for the local memory, whose line ends the list.
std::optional<Parameter> readParameter(const std::string &line) {
  size_t end = line.rfind(','), space = line.rfind(' ');
  if (end == std::string::npos)
    return std::nullopt;
  size_t start = line.find_first_not_of(' ');
  return Parameter{line.substr(start, space - start), line.substr(space + 1, end - space - 1)};
}

/// Reads a function's parameters and `{`, and writes them with offsets.
void rewriteHead(std::istream &lines, std::ostream &out) {
  std::string starts;
  for (std::string line; std::getline(lines, line) && line != "{";) {
    std::optional<Parameter> p = readParameter(line);
    if (!p) {
      out << line << "\n";
      continue;
    }
    out << " " << p->type << " " << p->name << "_base, ulong " << p->name << "_at,\n";
    starts += " " + p->type + " " + p->name + " = (" + p->type + ")((__global const char *)" + p->name + "_base + " +
              p->name + "_at);\n";
  }
  out << "{\n" << starts;
}

} // namespace

void finishOpenCl(DeviceCode &code) {
  size_t common = code.text.find("// Address spaces for");
  if (common == std::string::npos)
    throw std::runtime_error("the text has no functions");
  std::istringstream lines(code.text.substr(common));
  std::ostringstream out;
  out << "#ifndef GAN_COMMON\n#define GAN_COMMON\n" << code.text.substr(0, common) << "#endif\n";
  size_t functions = 0;
  for (std::string line; std::getline(lines, line);) {
    out << line << "\n";
    if (!line.starts_with("__kernel") || !line.ends_with('(')) // Halide's own empty function has one line
      continue;
    rewriteHead(lines, out);
    ++functions;
  }
  if (functions < code.launches.size())
    throw std::runtime_error("the text has fewer functions than launches");
  code.text = out.str();
}

} // namespace gan
