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

/// The usual device of a kind. Where a kind's devices are numbered, ranks on one machine take different ones.
std::unique_ptr<Device> openUsual(const gan_program &program, const gan_device &row, const Ranks *ranks) {
  Ranks::Local local = ranks ? ranks->onMachine() : Ranks::Local{0, 1};
  int usual = kinds[row.kind].usual;
  try {
    return open(program, row, usual < 0 ? usual : usual + local.number);
  } catch (const UserError &e) {
    if (usual < 0 || !local.number)
      throw;
    throw UserError(std::string(e.what()) + "; each of the " + std::to_string(local.count) +
                    " ranks on this machine takes a card of its own: start no more than it has cards, or choose "
                    "--device cpu");
  }
}

/// Whether another rank on this machine may have taken a device of this kind, so that this one must not take another
/// kind: the first of the kind works.
bool othersHave(const gan_device &row, const Ranks *ranks) {
  if (!ranks || !ranks->onMachine().number || kinds[row.kind].usual < 0)
    return false;
  try {
    return kinds[row.kind].open(kinds[row.kind].usual) != nullptr;
  } catch (const UserError &) {
    return false;
  }
}

std::unique_ptr<Device> best(const gan_program &program, std::string &note, const Ranks *ranks) {
  std::string why;
  for (uint32_t d = 0; d < program.num_devices; ++d)
    try {
      const gan_device &row = program.devices[d];
      std::unique_ptr<Device> device = openUsual(program, row, ranks);
      note = "device: " + device->name() + why;
      return device;
    } catch (const UserError &e) {
      if (othersHave(program.devices[d], ranks))
        throw;
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

std::unique_ptr<Device> openDevice(const gan_program &program, const std::string &wanted, std::string &note,
                                   const Ranks *ranks) {
  if (wanted == "auto")
    return best(program, note, ranks);
  if (wanted == "cpu")
    return openCpu();
  size_t colon = wanted.find(':');
  std::string name = wanted.substr(0, colon);
  for (size_t k = 0; k < std::size(kinds); ++k) {
    if (name != kinds[k].name)
      continue;
    bool named = colon != std::string::npos;
    std::optional<int> index = named ? indexOf(wanted.substr(colon + 1)) : kinds[k].usual;
    if (!index)
      throw UserError("--device " + wanted + ": after the colon stands the number of a device, as in " + name + ":0");
    for (uint32_t d = 0; d < program.num_devices; ++d)
      if (program.devices[d].kind == gan_device_kind(k))
        return named ? open(program, program.devices[d], *index) : openUsual(program, program.devices[d], ranks);
    throw UserError("--device " + wanted + ": this program has no kernels for it; build it with --target host," + name);
  }
  std::string near = nearestName(name, {"auto", "cpu", "cuda", "opencl"});
  throw UserError("--device " + wanted + " is none of auto, cpu, cuda[:n], opencl[:n]" +
                  (near.empty() ? "" : "; did you mean " + near + "?"));
}

} // namespace ganrt
