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
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
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

/// A graph with one call, whose arguments lie side by side in the arena.
class OneCall {
public:
  explicit OneCall(const gan_program &program) : kernel(program.kernels[0]) {
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      addresses.push_back({GAN_SPACE_ARENA, graph.arena_bytes});
      graph.arena_bytes += (elementsOf(kernel.args[a]) * bytesOf(kernel.args[a].dtype) + 63) / 64 * 64;
    }
    call.addresses = addresses.data(), call.input = -1, call.label = "kernel";
    graph.calls = &call, graph.num_calls = 1;
    arena = cpu().allocate(graph.arena_bytes);
    state = cpu().allocate(64);
    calls = cpu().bind(program, graph, {*arena, *state, none, none, none});
    bool contraction = std::string(kernel.anchor) == "matmul" || std::string(kernel.anchor).starts_with("conv");
    for (uint32_t a = 0; a < kernel.num_args; ++a)
      if (!kernel.args[a].written) {
        std::vector<uint8_t> bytes = randomBytes(kernel.args[a], contraction, a);
        arena->write(addresses[a].offset, bytes.data(), bytes.size());
      }
  }

  double seconds() {
    auto start = std::chrono::steady_clock::now();
    if (!calls->run(0))
      throw std::runtime_error("the kernel reports a failure");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void writeResults(const char *path) const {
    std::ofstream out(path, std::ios::binary);
    for (uint32_t a = 0; a < kernel.num_args; ++a) {
      size_t bytes = elementsOf(kernel.args[a]) * bytesOf(kernel.args[a].dtype);
      if (kernel.args[a].written)
        out.write(static_cast<const char *>(arena->read(addresses[a].offset, bytes)), std::streamsize(bytes));
    }
    if (!out.flush())
      throw std::runtime_error(std::string(path) + " cannot be written");
  }

private:
  const gan_kernel &kernel;
  gan_graph graph{};
  gan_call call{};
  std::vector<gan_address> addresses;
  HostMemory none{64};
  std::unique_ptr<DeviceMemory> arena, state;
  std::unique_ptr<DeviceCalls> calls;
};

void measure(const gan_program &program, char **argv) {
  int threads = atoi(argv[3]) ? atoi(argv[3]) : usableCores();
  double lasting = atof(argv[4]);
  startKernels(threads);
  OneCall call(program);
  call.seconds();
  call.writeResults(argv[2]);
  std::vector<double> times;
  for (double sum = 0; sum < lasting || times.size() < 5; sum += times.back())
    times.push_back(call.seconds());
  std::sort(times.begin(), times.end());
  Json out{{"threads", threads},
           {"runs", times.size()},
           {"ms_median", times[times.size() / 2] * 1e3},
           {"ms_best", times[0] * 1e3}};
  if (atoi(argv[6])) {
    Roofline roofline = measuredRoofline(threads);
    out["bound_ms"] = roofline.bound(program.kernels[0]) * 1e3;
    out["roofline"] = rooflineJson(roofline);
  }
  std::ofstream(argv[1]) << out.dump() << "\n";
}

} // namespace
} // namespace ganrt

int gan_measure_kernel(const gan_program *program, int argc, char **argv) {
  if (argc != 7)
    return 2;
  alarm(unsigned(atoi(argv[5])));
  try {
    ganrt::measure(*program, argv);
  } catch (const std::exception &e) {
    fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
