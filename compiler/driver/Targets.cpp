#include "compiler/driver/Targets.h"
#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"

#include <algorithm>

namespace gan {
namespace {

struct DeviceName {
  const char *name;
  DeviceApi api;
};
constexpr DeviceName deviceNames[] = {{"cuda", DeviceApi::Cuda}, {"opencl", DeviceApi::OpenCl}};

std::string allNames() {
  std::string names = targetNames();
  for (const DeviceName &device : deviceNames)
    names += std::string(", ") + device.name;
  return names;
}

/// The parts of a list that is separated by commas.
Words split(const std::string &list) {
  Words words;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = list.find(',', begin);
    words.push_back(list.substr(begin, end - begin));
  }
  return words;
}

/// The number in "sm_90"; nothing if the text is no architecture.
std::optional<int> numberOf(const std::string &architecture) {
  std::string digits = architecture.starts_with("sm_") ? architecture.substr(3) : "";
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoi(digits);
}

std::vector<std::string> givenArchitectures(const CommandLine &line) {
  if (!line.has("gpu-arch")) {
    std::string own = cardOfThisMachine().architecture;
    return own.empty() ? std::vector<std::string>{"sm_80", "sm_90"} : std::vector{own};
  }
  std::vector<std::string> list = split(line.text("gpu-arch"));
  for (const std::string &name : list)
    if (numberOf(name).value_or(0) < 80)
      throw UserError("--gpu-arch " + name + " is not an architecture that kernels can be built for: sm_80 (A100), " +
                      "sm_86, sm_89, sm_90 (H100) or a later one");
  std::sort(list.begin(), list.end(), [](auto &a, auto &b) { return numberOf(a) < numberOf(b); });
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

} // namespace

std::vector<std::string> identityOf(const DeviceTarget &device, const std::string &assembler) {
  std::vector<std::string> parts{std::to_string(int(device.api)), fileIdentity(assembler)};
  parts.insert(parts.end(), device.architectures.begin(), device.architectures.end());
  return parts;
}

void describeTarget(po::options_description &options) {
  options.add_options()("target", po::value<std::string>()->value_name("TARGETS")->default_value("host"),
                        ("what kernels are built for, one processor and any GPUs (host,cuda): " + allNames()).c_str());
  options.add_options()("exact-convolutions", "convolutions as direct sums, never by Winograd's transforms");
}

void describeGpuArch(po::options_description &options) {
  options.add_options()("gpu-arch", po::value<std::string>()->value_name("LIST"),
                        "cards that CUDA kernels are assembled for; later ones take PTX (this machine's card, or "
                        "sm_80,sm_90)");
}

Targets givenTargets(const CommandLine &line) {
  std::optional<KernelTarget> processor;
  std::vector<DeviceTarget> devices;
  for (const std::string &name : split(line.text("target"))) {
    const auto *device = std::find_if(std::begin(deviceNames), std::end(deviceNames),
                                      [&](const DeviceName &d) { return name == d.name; });
    if (device != std::end(deviceNames)) {
      if (std::any_of(devices.begin(), devices.end(), [&](const DeviceTarget &d) { return d.api == device->api; }))
        throw UserError("--target names " + name + " twice");
      devices.push_back({device->api, {}});
      if (device->api == DeviceApi::Cuda)
        devices.back().architectures = givenArchitectures(line);
      continue;
    }
    std::optional<KernelTarget> other = kernelTarget(name);
    if (!other)
      throw UserError("unknown target " + name + ", one of: " + allNames());
    if (processor)
      throw UserError("--target names two processors, " + processor->name + " and " + name +
                      ": a program is built for one, and for GPUs beside it");
    processor = other;
  }
  if (line.has("gpu-arch") &&
      std::none_of(devices.begin(), devices.end(), [](const DeviceTarget &d) { return d.api == DeviceApi::Cuda; }))
    throw UserError("--gpu-arch is about CUDA: add cuda to --target");
  return {processor ? *processor : *kernelTarget("host"), devices, line.has("exact-convolutions")};
}

} // namespace gan
