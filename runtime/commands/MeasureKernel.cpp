#include "runtime/commands/MeasureKernel.h"
#include "runtime/base/Json.h"
#include "runtime/base/Machine.h"
#include "runtime/base/Processor.h"
#include "runtime/commands/Profile.h"
#include "runtime/device/Device.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

namespace ganrt {
namespace {

size_t elementsOf(const gan_arg &arg) {
  size_t count = 1;
  for (uint32_t d = 0; d < arg.rank; ++d)
    count *= size_t(arg.extent[d]);
  return count;
}

/// Random bytes of an operand. Masks are 0 or 1. Numbers of a contraction's matrices and images have both signs, so
/// that long sums stay small; all others are positive, as a kernel may take their root or logarithm.
std::vector<uint8_t> randomBytes(const gan_arg &arg, bool contraction, uint32_t number) {
  size_t count = elementsOf(arg);
  std::vector<uint8_t> bytes(count * bytesOf(arg.dtype));
  DrawKey key = drawKey(0, "argument." + std::to_string(number));
  bool bothSigns = contraction && arg.rank > 1;
  for (size_t i = 0; i < count; ++i) {
    double u = uniformAt(key, i), value = bothSigns ? 2 * u - 1 : 0.1 + 0.9 * u;
    float single = float(value);
    uint32_t word = uint32_t(u * 0x1p32);
    if (arg.dtype == GAN_U8)
      bytes[i] = u < 0.5;
    else if (arg.dtype == GAN_F64)
      memcpy(bytes.data() + i * 8, &value, 8);
    else if (arg.dtype == GAN_U32)
      memcpy(bytes.data() + i * 4, &word, 4);
    else
      memcpy(bytes.data() + i * 4, &single, 4);
  }
  return bytes;
}

/// Bytes that no cache of a core's share holds.
constexpr size_t coldBytes = 64 << 20;
constexpr size_t mostCopies = 256;

/// A graph with one call, whose arguments lie side by side in the arena. The arena is there several times, if runs are
/// to find their operands in no cache.
class OneCall {
public:
  OneCall(const gan_program &program, Device &device, bool cold)
      : kernel(program.kernels[0]), onHost(device.name() == "cpu") {
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      addresses.push_back({GAN_SPACE_ARENA, graph.arena_bytes});
      graph.arena_bytes += (elementsOf(kernel.args[a]) * bytesOf(kernel.args[a].dtype) + 63) / 64 * 64;
    }
    call.addresses = addresses.data(), call.input = -1, call.label = "kernel";
    graph.calls = &call, graph.num_calls = 1;
    state = device.allocate(64);
    size_t copies = cold ? std::clamp<size_t>(coldBytes / std::max<size_t>(graph.arena_bytes, 1), 1, mostCopies) : 1;
    for (size_t i = 0; i < copies; ++i) {
      arenas.push_back(device.allocate(graph.arena_bytes));
      calls.push_back(device.bind(program, graph, {*arenas.back(), *state, none, none, none}));
    }
    bool contraction = std::string(kernel.anchor) == "matmul" || std::string(kernel.anchor).starts_with("conv");
    for (uint32_t a = 0; a < kernel.num_args; ++a)
      if (!kernel.args[a].written) {
        std::vector<uint8_t> bytes = randomBytes(kernel.args[a], contraction, a);
        for (std::unique_ptr<DeviceMemory> &arena : arenas)
          arena->write(addresses[a].offset, bytes.data(), bytes.size());
      }
  }

  /// Runs it on the next operands; the first run is on the first ones.
  double seconds() {
    DeviceCalls &next = *calls[runs++ % calls.size()];
    if (double taken = 0; !onHost) {
      next.begin();
      next.takeInputs(none);
      next.takeNumbers();
      if (!next.runTimed(0, taken))
        throw std::runtime_error("the kernel reports a failure");
      return taken;
    }
    auto start = std::chrono::steady_clock::now();
    if (!next.run(0))
      throw std::runtime_error("the kernel reports a failure");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// The bytes of the results on the first operands, one after the other.
  std::string results() const {
    std::string bytes;
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      size_t count = elementsOf(kernel.args[a]) * bytesOf(kernel.args[a].dtype);
      if (kernel.args[a].written)
        bytes.append(static_cast<const char *>(arenas[0]->read(addresses[a].offset, count)), count);
    }
    return bytes;
  }

private:
  const gan_kernel &kernel;
  bool onHost;
  gan_graph graph{};
  gan_call call{};
  std::vector<gan_address> addresses;
  HostMemory none{64};
  std::unique_ptr<DeviceMemory> state;
  std::vector<std::unique_ptr<DeviceMemory>> arenas;
  std::vector<std::unique_ptr<DeviceCalls>> calls; ///< one for each arena
  size_t runs = 0;
};

void write(const std::string &bytes) {
  if (fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || fflush(stdout))
    throw std::runtime_error(std::string("the times cannot be written: ") + strerror(errno));
}

/// "NVIDIA H200" of "cuda:0 (NVIDIA H200)"; the processor's name for the processor.
std::string machineOf(const Device &device) {
  std::string name = device.name();
  size_t open = name.find(" (");
  return name == "cpu" ? cpuName() : name.substr(open + 2, name.size() - open - 3);
}

void measure(const gan_program &program, char **argv) {
  int threads = atoi(argv[1]) ? atoi(argv[1]) : usableCores();
  double lasting = atof(argv[2]);
  startKernels(threads);
  std::string note;
  std::unique_ptr<Device> device = openDevice(program, argv[7], note);
  OneCall call(program, *device, atoi(argv[6]));
  call.seconds();
  std::string results = atoi(argv[5]) ? call.results() : "";
  std::vector<double> times;
  for (double sum = 0; sum < lasting || times.size() < 5; sum += times.back())
    times.push_back(call.seconds());
  std::sort(times.begin(), times.end());
  Json out{{"machine", machineOf(*device)},
           {"threads", threads},
           {"runs", times.size()},
           {"ms_median", times[times.size() / 2] * 1e3},
           {"ms_best", times[0] * 1e3}};
  if (atoi(argv[4])) {
    Roofline roofline = measuredRoofline(threads);
    out["bound_ms"] = roofline.bound(program.kernels[0]) * 1e3;
    out["roofline"] = rooflineJson(roofline);
  }
  write(out.dump() + "\n" + results);
}

} // namespace
} // namespace ganrt

int gan_measure_kernel(const gan_program *program, int argc, char **argv) {
  if (argc != 8)
    return 2;
  alarm(unsigned(atoi(argv[3])));
  try {
    ganrt::measure(*program, argv);
  } catch (const std::exception &e) {
    fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
