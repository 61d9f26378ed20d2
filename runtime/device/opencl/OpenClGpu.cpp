#include "runtime/device/opencl/OpenClGpu.h"
#include "runtime/base/Error.h"
#include "runtime/device/HostMemory.h"
#include "runtime/device/gpu/ChooseText.h"
#include "runtime/device/opencl/FiniteText.h"
#include "runtime/device/opencl/Library.h"

#include <algorithm>
#include <bit>
#include <map>

namespace ganrt {
namespace {

using namespace opencl;

class OpenClSequence : public GpuSequence {
public:
  explicit OpenClSequence(std::vector<GpuStep> steps) : steps(std::move(steps)) {}
  std::vector<GpuStep> steps;
};

constexpr size_t handleSize = sizeof(void *);

/// A device among all of this machine.
struct Found {
  DeviceId device;
  int index;
};

std::vector<Found> allDevices(const Library &library, uint64_t type) {
  unsigned count = 0;
  if (library.platforms(0, nullptr, &count) || !count) // also the error that there is no platform
    return {};
  std::vector<Platform> platforms(count);
  library.platforms(count, platforms.data(), nullptr);
  std::vector<Found> found;
  int index = 0;
  for (Platform platform : platforms) {
    unsigned here = 0;
    if (library.devices(platform, anyDevice, 0, nullptr, &here) || !here)
      continue;
    std::vector<DeviceId> devices(here);
    library.devices(platform, anyDevice, here, devices.data(), nullptr);
    for (DeviceId device : devices) {
      uint64_t is = 0;
      library.deviceInfo(device, deviceType, sizeof is, &is, nullptr);
      if (is & type)
        found.push_back({device, index});
      ++index;
    }
  }
  return found;
}

class OpenClGpu : public Gpu {
public:
  explicit OpenClGpu(int wanted) {
    std::vector<Found> found = allDevices(library, wanted < 0 ? gpuDevice : anyDevice);
    auto chosen =
        std::find_if(found.begin(), found.end(), [&](const Found &f) { return wanted < 0 || f.index == wanted; });
    if (chosen == found.end())
      throw UserError(wanted < 0      ? "there is no OpenCL GPU"
                      : found.empty() ? "there is no OpenCL device"
                                      : "there is no device opencl:" + std::to_string(wanted) +
                                            ": the last one is opencl:" + std::to_string(found.back().index));
    device = chosen->device;
    index = chosen->index;
    char text[256] = "";
    library.deviceInfo(device, deviceName, sizeof text, text, nullptr);
    model = text;
    uint64_t doubles = 0;
    if (library.deviceInfo(device, deviceDoubles, sizeof doubles, &doubles, nullptr) || !doubles)
      throw UserError(name() + " does not compute in double precision, which numbers like learning rates need");
    int status = 0;
    context = library.createContext(nullptr, 1, &device, nullptr, nullptr, &status);
    Library::check(status, "opening " + name());
    queue = library.createQueue(context, device, 0, &status);
    Library::check(status, "opening " + name());
  }

  std::string name() const override { return "opencl:" + std::to_string(index) + " (" + model + ")"; }

  GpuBuffer allocate(size_t bytes) override {
    int status = 0;
    Memory memory = library.createBuffer(context, 0, bytes, nullptr, &status);
    if (status == memoryFailure || status == invalidBufferSize || status == outOfResources)
      throw OutOfGpuMemory{bytes};
    Library::check(status, "allocating memory of the device");
    uint8_t zero = 0;
    status = library.fill(queue, memory, &zero, 1, 0, bytes, 0, nullptr, nullptr);
    if (status == memoryFailure || status == outOfResources) // memory is often given out only when it is used
      throw OutOfGpuMemory{bytes};
    Library::check(status, "clearing memory of the device");
    return reinterpret_cast<GpuBuffer>(memory);
  }
  MemorySize memorySize() const override {
    uint64_t all = 0;
    library.deviceInfo(device, deviceMemory, sizeof all, &all, nullptr);
    return {{}, all};
  }
  void release(GpuBuffer buffer) override { library.releaseBuffer(memory(buffer)); } // after what still uses it

  void *pinned(size_t bytes) override {
    HostMemory fresh(bytes);
    void *start = fresh.data();
    ofHost.emplace(start, std::move(fresh));
    return start;
  }
  void unpin(void *start) override { ofHost.erase(start); }

  void write(GpuPlace to, const void *from, size_t bytes) override {
    Library::check(library.write(queue, memory(to.buffer), 1, to.offset, bytes, from, 0, nullptr, nullptr),
                   "copying to the device");
  }
  void read(void *to, GpuPlace from, size_t bytes) override {
    Library::check(library.read(queue, memory(from.buffer), 1, from.offset, bytes, to, 0, nullptr, nullptr),
                   "copying from the device");
  }
  void copy(GpuPlace to, GpuPlace from, size_t bytes) override {
    Library::check(
        library.copy(queue, memory(from.buffer), memory(to.buffer), from.offset, to.offset, bytes, 0, nullptr, nullptr),
        "copying on the device");
    finish();
  }
  void finish() override { Library::check(library.finish(queue), "running kernels"); }

  std::optional<bool> finite(GpuBuffer buffer, const std::vector<FloatRange> &floats) override {
    if (!finiteKernel) {
      int status = 0;
      finiteKernel = library.createKernel(build(finiteText), finiteName, &status);
      Library::check(status, "finding a kernel's function");
      finiteMemory = memory(allocate(sizeof(uint32_t) * finiteResults));
    }
    uint32_t zero = 0, broken[finiteResults];
    Library::check(library.fill(queue, finiteMemory, &zero, sizeof zero, 0, sizeof broken, 0, nullptr, nullptr),
                   "clearing memory of the device");
    for (const FloatRange &range : floats) {
      Memory all = memory(buffer);
      uint64_t at = range.at, count = range.count;
      give(finiteKernel, 0, handleSize, &all);
      give(finiteKernel, 1, sizeof at, &at);
      give(finiteKernel, 2, sizeof count, &count);
      give(finiteKernel, 3, handleSize, &finiteMemory);
      size_t block = finiteBlock, items = finiteResults;
      Library::check(library.launch(queue, finiteKernel, 1, nullptr, &items, &block, 0, nullptr, nullptr),
                     "launching a kernel");
    }
    Library::check(library.read(queue, finiteMemory, 1, 0, sizeof broken, broken, 0, nullptr, nullptr),
                   "copying from the device");
    return std::none_of(std::begin(broken), std::end(broken), [](uint32_t found) { return found != 0; });
  }

  std::vector<std::vector<GpuFunction>> load(const std::vector<const gan_device_kernel *> &kernels,
                                             const uint8_t *code) override {
    Program program = build(kernels, code);
    std::vector<std::vector<GpuFunction>> functions;
    for (const gan_device_kernel *kernel : kernels) {
      functions.emplace_back();
      for (uint32_t l = 0; l < kernel->num_launches; ++l) {
        int status = 0;
        functions.back().push_back(library.createKernel(program, kernel->launches[l].function, &status));
        Library::check(status, "finding a kernel's function");
      }
    }
    return functions;
  }

  GpuFunction choose() override {
    if (!chooseFunction) {
      int status = 0;
      chooseFunction = library.createKernel(build(chooseOpenCl), chooseName, &status);
      Library::check(status, "finding a kernel's function");
    }
    return chooseFunction;
  }

  void run(const GpuStep &step) override { launch(step, queue, nullptr); }

  std::unique_ptr<GpuSequence> prepare(const std::vector<GpuStep> &steps) override {
    return std::make_unique<OpenClSequence>(steps);
  }

  void start(GpuSequence &sequence, const GpuUpload &upload, unsigned slot) override {
    if (upload.bytes)
      Library::check(library.write(queue, memory(upload.to.buffer), 0, upload.to.offset, upload.bytes, upload.from, 0,
                                   nullptr, nullptr),
                     "copying to the device");
    for (const GpuStep &step : static_cast<OpenClSequence &>(sequence).steps)
      if (step.launch)
        run(step);
      else
        Library::check(library.read(queue, memory(step.from.buffer), 0, step.from.offset, step.bytes, step.to, 0,
                                    nullptr, nullptr),
                       "copying from the device");
    Library::check(library.mark(queue, 0, nullptr, &ended[slot]), "marking the end");
    Library::check(library.flush(queue), "starting kernels");
  }
  void await(unsigned slot) override {
    int status = library.waitFor(1, &ended[slot]);
    library.releaseEvent(ended[slot]);
    Library::check(status, "running kernels");
  }

  /// The sum of what the device itself tells of each launch.
  double time(GpuSequence &sequence) override {
    int status = 0;
    if (!timed)
      timed = library.createQueue(context, device, profiledQueue, &status);
    Library::check(status, "making a queue that tells times");
    finish();
    std::vector<Event> events;
    for (const GpuStep &step : static_cast<OpenClSequence &>(sequence).steps)
      launch(step, timed, &events.emplace_back());
    Library::check(library.finish(timed), "running kernels");
    uint64_t nanoseconds = 0;
    for (Event event : events) {
      uint64_t started = 0, ended = 0;
      library.profile(event, whenStarted, sizeof started, &started, nullptr);
      library.profile(event, whenEnded, sizeof ended, &ended, nullptr);
      library.releaseEvent(event);
      nanoseconds += ended - started;
    }
    return double(nanoseconds) * 1e-9;
  }

private:
  void give(Kernel kernel, unsigned position, size_t bytes, const void *value) const {
    Library::check(library.setArgument(kernel, position, bytes, value), "giving a kernel what it works on");
  }

  /// `event` will tell when the launch has ended, unless it is null.
  void launch(const GpuStep &step, Queue to, Event *event) const {
    auto kernel = static_cast<Kernel>(step.function);
    unsigned position = 0;
    for (const GpuPlace &place : step.given) {
      Memory buffer = memory(place.buffer);
      give(kernel, position++, handleSize, &buffer);
      give(kernel, position++, sizeof place.offset, &place.offset);
    }
    constexpr size_t leastShared = 64; // there must be some, even if the kernel needs none
    give(kernel, position, std::max<size_t>(step.launch->shared, leastShared), nullptr);
    size_t threads[3], block[3];
    for (int d = 0; d < 3; ++d) {
      block[d] = step.launch->block[d];
      threads[d] = block[d] * step.launch->grid[d];
    }
    Library::check(library.launch(to, kernel, 3, nullptr, threads, block, 0, nullptr, event),
                   std::string("launching ") + step.launch->function);
  }

  /// Builds the texts of kernels as one, because a driver takes long to begin with each.
  Program build(const std::vector<const gan_device_kernel *> &kernels, const uint8_t *code) const {
    std::string all;
    for (const gan_device_kernel *kernel : kernels) {
      std::vector<uint8_t> bytes = unpack(kernel->images[0].code, code); // one text serves all devices
      all += reinterpret_cast<const char *>(bytes.data());
    }
    return build(all);
  }
  Program build(const std::string &all) const {
    const char *text = all.c_str();
    int status = 0;
    Program program = library.createProgram(context, 1, &text, nullptr, &status);
    Library::check(status, "loading kernels");
    // Lists of numbers lie in global memory: how much constant memory there is differs between devices.
    if (library.build(program, 1, &device, "-D MAX_CONSTANT_BUFFER_SIZE=0 -D MAX_CONSTANT_ARGS=0", nullptr, nullptr)) {
      std::string log(1 << 14, 0);
      library.buildInfo(program, device, buildLog, log.size(), log.data(), nullptr);
      throw UserError("the driver of " + name() + " does not compile a kernel:\n" + log.substr(0, log.find('\0')));
    }
    return program;
  }

  static Memory memory(GpuBuffer buffer) { return std::bit_cast<Memory>(buffer); }

  Library library;
  DeviceId device = nullptr;
  int index = 0;
  std::string model;
  Context context = nullptr;
  Queue queue = nullptr, timed = nullptr; ///< `timed`: of what `time` measures
  Event ended[slots]{};
  Kernel chooseFunction = nullptr;
  Kernel finiteKernel = nullptr;       ///< of FiniteText.h, once it was needed
  Memory finiteMemory = nullptr;       ///< its results
  std::map<void *, HostMemory> ofHost; ///< what `pinned` gave, by its start
};

} // namespace

std::unique_ptr<Gpu> openOpenCl(int index) { return std::make_unique<OpenClGpu>(index); }

} // namespace ganrt
