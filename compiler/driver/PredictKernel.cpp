#include "compiler/driver/PredictKernel.h"
#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Guard.h"
#include "compiler/driver/Process.h"
#include "compiler/ptx/Machine.h"
#include "compiler/tuning/DeviceCost.h"

#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace gan {
namespace {

constexpr uint64_t countedBlocks = 2;        ///< of a launch; all of them do nearly the same
constexpr int64_t usualRegisters = 40;       ///< of kernels that are no products
constexpr int halideRefuses = 3, broken = 4; // exit statuses of a child

/// Zeros, as a card gives memory. Pages that nothing touches take no memory here.
struct Memory {
  explicit Memory(size_t size) : bytes(size), data(static_cast<uint8_t *>(calloc(size + 256, 1)), free) {
    if (!data)
      throw std::bad_alloc();
    uintptr_t start = reinterpret_cast<uintptr_t>(data.get());
    begin = data.get() + (256 - start % 256);
  }
  size_t bytes;
  std::unique_ptr<uint8_t, void (*)(void *)> data;
  uint8_t *begin;
};

size_t bytesOf(const KernelArg &arg) {
  size_t bytes = arg.dtype == "f64" ? 8 : arg.dtype == "u8" ? 1 : 4;
  for (int64_t extent : arg.extents)
    bytes *= size_t(extent);
  return bytes;
}

/// Runs some blocks of each launch. Their operands are zeros: what they do does not depend on them.
std::vector<LaunchUse> countedLaunches(const KernelInfo &info, const DeviceCode &code) {
  ptx::Module module = ptx::parse(code.text);
  std::vector<Memory> buffers[3]; // indexed by DeviceArgument::Kind
  for (const KernelArg &arg : info.args)
    buffers[DeviceArgument::Buffer].emplace_back(bytesOf(arg));
  for (int64_t bytes : code.scratch)
    buffers[DeviceArgument::Scratch].emplace_back(size_t(bytes));
  for (const std::string &content : code.constants) {
    buffers[DeviceArgument::Constant].emplace_back(content.size());
    std::copy(content.begin(), content.end(), buffers[DeviceArgument::Constant].back().begin);
  }
  std::vector<LaunchUse> uses;
  for (const DeviceLaunch &launch : code.launches) {
    ptx::Launch l;
    for (size_t d = 0; d < 3; ++d)
      l.grid[d] = int(launch.grid[d]), l.block[d] = int(launch.block[d]);
    l.sharedBytes = int(launch.shared), l.maxBlocks = countedBlocks;
    l.globalRaces = l.sharedRaces = l.unwrittenRegisters = false;
    for (const DeviceArgument &a : launch.arguments)
      l.arguments.push_back(uint64_t(reinterpret_cast<uintptr_t>(buffers[a.kind].at(a.index).begin)));
    for (auto &kind : buffers)
      for (Memory &m : kind)
        l.memory.push_back({m.begin, m.bytes});
    ptx::Counts c = ptx::run(module, launch.function, l);
    LaunchUse use;
    use.blocks = launch.grid[0] * launch.grid[1] * launch.grid[2];
    use.threads = launch.block[0] * launch.block[1] * launch.block[2];
    use.shared = launch.shared + module.kernels.find(launch.function)->second.sharedBytes,
    use.counted = std::min<int64_t>(use.blocks, countedBlocks);
    use.instructions = double(c.warpInstructions), use.multiplyAdds = double(c.fma);
    use.passes = double(c.sharedPasses), use.sectors = double(c.sectorsLoaded + c.sectorsStored);
    use.barriers = double(c.barriers);
    uses.push_back(use);
  }
  return uses;
}

class Predictor {
public:
  Predictor(const std::vector<KernelJob> &jobs, const PredictOptions &options)
      : jobs(jobs), options(options), assembler(findAssembler()), predictions(jobs.size()) {}

  std::vector<Prediction> run() {
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (std::optional<std::string> known = options.cache.find(key(i))) {
        read(i, *known);
        continue;
      }
      while (running.size() >= options.jobs)
        finishOne();
      running[forkProcess([&] { return guarded([&] { return predict(i); }); }, name(i) + ".log")] = i;
    }
    while (!running.empty())
      finishOne();
    return std::move(predictions);
  }

private:
  std::string name(size_t i) const { return folder.path() + "/p" + std::to_string(i); }
  std::string key(size_t i) const {
    std::vector<std::string> parts = identityOf(options.device, assembler);
    parts.insert(parts.end(), {"prediction", jobs[i].signature, printSchedule(jobs[i].deviceSchedule)});
    return Cache::key(parts);
  }
  void read(size_t i, const std::string &text) { predictions[i].ms = atof(text.c_str()); }

  /// Runs in a child.
  int predict(size_t i) const {
    alarm(unsigned(options.limit));
    const KernelJob &job = jobs[i];
    const std::string &architecture = options.device.architectures.front();
    std::vector<DeviceCode> codes;
    std::string error;
    if (!compileDeviceKernels({{job.signature, job.deviceSchedule}}, DeviceApi::Cuda, architecture, codes, error)) {
      fputs(error.c_str(), stderr);
      return halideRefuses;
    }
    try {
      std::vector<LaunchUse> uses = countedLaunches(job.info, codes[0]);
      if (!takeRegisters(i, codes[0], uses))
        return halideRefuses;
      char text[32];
      snprintf(text, sizeof text, "%.6g", 1e3 * deviceSeconds(cardNumbers(architecture), uses, job.info.bytes));
      writeFile(name(i), text);
      return 0;
    } catch (const ptx::Fault &e) {
      fputs(e.what(), stderr);
    } catch (const ptx::ParseError &e) { // what the machine does not know
      fputs(e.what(), stderr);
    }
    return broken;
  }

  /// Registers as the assembler tells them, or as they are likely. False if threads would use slow memory.
  bool takeRegisters(size_t i, const DeviceCode &code, std::vector<LaunchUse> &uses) const {
    const Schedule &s = jobs[i].deviceSchedule;
    DeviceImage image;
    if (!assembler.empty())
      image = assemble(code, options.device.architectures.front(), assembler, folder.path(), "p" + std::to_string(i));
    for (size_t l = 0; l < uses.size(); ++l) {
      bool product = s.anchor == Anchor::GpuProduct && l == 0;
      uses[l].registers = product ? likelyRegisters(s.rows, s.columns) : usualRegisters;
      if (!assembler.empty())
        uses[l].registers = image.uses[l].registers;
      if (!assembler.empty() && image.uses[l].stack)
        return false;
    }
    return true;
  }

  void finishOne() {
    EndedChild ended = waitForChild();
    auto it = running.find(ended.pid);
    if (it == running.end())
      return;
    size_t i = it->second;
    running.erase(it);
    int status = ended.status;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
      throw UserError("a schedule could not be looked at" + lastLines(name(i) + ".log"));
    if (!status) {
      std::string text = readFile(name(i));
      options.cache.store(key(i), text);
      return read(i, text);
    }
    bool late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    predictions[i].why = late                                                        ? "late"
                         : WIFEXITED(status) && WEXITSTATUS(status) == halideRefuses ? "refused"
                                                                                     : "broken";
  }

  const std::vector<KernelJob> &jobs;
  const PredictOptions &options;
  std::string assembler; ///< "" if there is none
  TemporaryFolder folder;
  std::vector<Prediction> predictions;
  std::map<pid_t, size_t> running;
};

} // namespace

std::vector<Prediction> predictKernels(const std::vector<KernelJob> &jobs, const PredictOptions &options) {
  return Predictor(jobs, options).run();
}

} // namespace gan
