#include "compiler/codegen/device/FinishPtx.h"

#include <map>
#include <sstream>

namespace gan {

/// The name of the function that this line declares, or "".
static std::string entryOf(const std::string &line) {
  constexpr const char *word = ".entry ";
  size_t at = line.find(word);
  return at == std::string::npos ? "" : line.substr(at + 7, line.find('(', at) - at - 7);
}

void finishPtx(DeviceCode &code, const std::string &architecture) {
  std::map<std::string, const DeviceLaunch *> launches;
  for (const DeviceLaunch &launch : code.launches)
    launches[launch.function] = &launch;
  std::istringstream lines(code.text);
  std::ostringstream out;
  const DeviceLaunch *launch = nullptr; // of the function whose declaration is being read
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".version"))
      line = ".version 8.0"; // the first that knows sm_90
    if (line.starts_with(".target"))
      line = ".target " + architecture;
    if (std::string entry = entryOf(line); launches.count(entry))
      launch = launches[entry];
    out << line << "\n";
    if (launch && line.find(')') != std::string::npos) { // the end of the parameters
      out << ".maxntid " << launch->block[0] << ", " << launch->block[1] << ", " << launch->block[2] << "\n";
      launch = nullptr;
    }
  }
  code.text = out.str();
}

} // namespace gan
