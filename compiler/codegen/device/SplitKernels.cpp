#include "compiler/codegen/device/SplitKernels.h"
#include "compiler/codegen/device/PtxText.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace gan {
namespace {

/// An argument of one of the kernels.
struct Owner {
  size_t kernel, index;
};

/// The owners of all arguments: first operands, then results.
std::vector<Owner> ownersOf(const std::vector<KernelInfo> &kernels) {
  std::vector<Owner> owners;
  for (bool written : {false, true})
    for (size_t k = 0; k < kernels.size(); ++k)
      for (size_t i = 0; i < kernels[k].args.size(); ++i)
        if (kernels[k].args[i].written == written)
          owners.push_back({k, i});
  return owners;
}

size_t kernelOf(const DeviceLaunch &launch, const std::vector<Owner> &owners) {
  for (const DeviceArgument &argument : launch.arguments)
    if (argument.kind == DeviceArgument::Buffer)
      return owners.at(argument.index).kernel;
  throw std::runtime_error("`" + launch.function + "` is given nothing of its kernel");
}

/// Scratch memory and constants as one kernel numbers them, in the order in which its launches are given them.
class OwnNumbers {
public:
  OwnNumbers(const DeviceCode &all, DeviceCode &part) : all(all), part(part) {}
  size_t of(const DeviceArgument &argument) {
    auto &known = argument.kind == DeviceArgument::Scratch ? scratch : constants;
    auto [it, fresh] = known.try_emplace(argument.index, known.size());
    if (fresh && argument.kind == DeviceArgument::Scratch)
      part.scratch.push_back(all.scratch[argument.index]);
    else if (fresh)
      part.constants.push_back(all.constants[argument.index]);
    return it->second;
  }

private:
  const DeviceCode &all;
  DeviceCode &part;
  std::map<size_t, size_t> scratch, constants;
};

/// Halide numbers the functions of all that it compiles. Each gets a name that depends on its kernel alone, so that the
/// functions of all kernels can stand in one text, and a profiler's names lead back to `emit --stage device`.
void nameFunctions(DeviceCode &code, const std::string &symbol) {
  std::vector<std::pair<std::string, std::string>> names;
  for (DeviceLaunch &launch : code.launches) {
    names.emplace_back(launch.function, symbol + "_" + std::to_string(names.size()));
    launch.function = names.back().second;
  }
  std::sort(names.begin(), names.end(), // a name may begin with another one
            [](const auto &a, const auto &b) { return a.first.size() > b.first.size(); });
  for (const auto &[old, fresh] : names)
    for (size_t at = 0; (at = code.text.find(old, at)) != std::string::npos; at += fresh.size())
      code.text.replace(at, old.size(), fresh);
}

} // namespace

std::vector<DeviceCode> splitKernels(const DeviceCode &all, const std::vector<KernelInfo> &kernels, bool isPtx) {
  std::vector<Owner> owners = ownersOf(kernels);
  std::vector<DeviceCode> parts(kernels.size());
  std::vector<OwnNumbers> numbers;
  for (DeviceCode &part : parts)
    numbers.emplace_back(all, part);
  for (DeviceLaunch launch : all.launches) {
    size_t kernel = kernelOf(launch, owners);
    for (DeviceArgument &argument : launch.arguments)
      argument.index =
          argument.kind == DeviceArgument::Buffer ? owners[argument.index].index : numbers[kernel].of(argument);
    parts[kernel].launches.push_back(std::move(launch));
  }
  PtxText text(isPtx ? all.text : "");
  for (size_t k = 0; k < kernels.size(); ++k) {
    std::vector<std::string> functions;
    for (const DeviceLaunch &launch : parts[k].launches)
      functions.push_back(launch.function);
    parts[k].text = isPtx ? text.only(functions) : all.text;
    nameFunctions(parts[k], kernels[k].symbol);
  }
  return parts;
}

} // namespace gan
