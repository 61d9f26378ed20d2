// Finds the device that a user asks for, or the best that works.
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/device/cuda/CudaGpu.h"
#include "runtime/device/gpu/GpuDevice.h"
#include "runtime/device/opencl/OpenClGpu.h"

#include <functional>
#include <optional>

namespace ganrt {
namespace {

/// In the order of gan_device_kind.
struct Kind {
  const char *name;
  std::unique_ptr<Gpu> (*open)(int index);
  int usual; ///< index of the device that is taken if none is named
};
const Kind kinds[] = {{"cuda", openCuda, 0}, {"opencl", openOpenCl, -1}};

std::unique_ptr<Device> open(const gan_program &program, const gan_device &row, int index) {
  return makeGpuDevice(kinds[row.kind].open(index), program, row);
}

std::unique_ptr<Device> best(const gan_program &program, std::string &note) {
  std::string why;
  for (uint32_t d = 0; d < program.num_devices; ++d)
    try {
      const gan_device &row = program.devices[d];
      std::unique_ptr<Device> device = open(program, row, kinds[row.kind].usual);
      note = "device: " + device->name() + why;
      return device;
    } catch (const UserError &e) {
      why += (why.empty() ? "; not " : ", not ") + std::string(kinds[program.devices[d].kind].name) + ": " + e.what();
    }
  if (program.num_devices)
    note = "device: cpu" + why;
  return openCpu();
}

/// Whether the text is a number of a device.
std::optional<int> indexOf(const std::string &text) {
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoi(text);
}

} // namespace

const char *kindName(gan_device_kind kind) { return kinds[kind].name; }

std::unique_ptr<Device> openDevice(const gan_program &program, const std::string &wanted, std::string &note) {
  if (wanted == "auto")
    return best(program, note);
  if (wanted == "cpu")
    return openCpu();
  size_t colon = wanted.find(':');
  std::string name = wanted.substr(0, colon);
  for (size_t k = 0; k < std::size(kinds); ++k) {
    if (name != kinds[k].name)
      continue;
    std::optional<int> index = colon == std::string::npos ? kinds[k].usual : indexOf(wanted.substr(colon + 1));
    if (!index)
      throw UserError("--device " + wanted + ": after the colon stands the number of a device, as in " + name + ":0");
    for (uint32_t d = 0; d < program.num_devices; ++d)
      if (program.devices[d].kind == gan_device_kind(k))
        return open(program, program.devices[d], *index);
    throw UserError("--device " + wanted + ": this program has no kernels for it; build it with --target host," + name);
  }
  std::string near = nearestName(name, {"auto", "cpu", "cuda", "opencl"});
  throw UserError("--device " + wanted + " is none of auto, cpu, cuda[:n], opencl[:n]" +
                  (near.empty() ? "" : "; did you mean " + near + "?"));
}

} // namespace ganrt
