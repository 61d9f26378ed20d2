// Writes the planned module as the tables of runtime/program.h, in readable C. They are the program's only generated
// source.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/dialect/Gan.h"

#include <map>

namespace gan {

/// A kernel as the program calls it.
struct ProgramKernel {
  KernelInfo info;
  std::string schedule, deviceSchedule; ///< one-line texts
};

/// The kernels for one kind of GPU.
struct ProgramDevice {
  DeviceApi api;
  std::vector<DeviceCode> kernels; ///< one for each of the program's
};

struct ProgramFiles {
  std::string text;       ///< program.c
  std::string deviceCode; ///< the bytes of gan_device_code; empty if there are no devices
};

/// What the tables contain besides the module.
struct ProgramText {
  std::string version, model, sourcePath, sourceText, sourceHash;
  std::string target;      ///< "x86-64-v3"
  std::string cpuFeatures; ///< "avx2 fma f16c"
  int64_t batch = 0, epochs = 0, epochIterations = 0;
  struct Stream {
    std::string name;
    int64_t count, seed;
  };
  struct Plateau {
    std::string metric;
    bool maximize;
    int64_t epochs;
  };
  std::vector<Stream> streams;
  std::string firstChance;                                     ///< reverse Polish
  std::vector<std::pair<std::string, std::string>> refusals{}; ///< commands that are not available, and why
  std::vector<Plateau> plateaus{};
  bool shared = false; ///< whether it is linked with an MPI
};

/// `kernelOf` maps each gan.kernel of the module to its index in `kernels`.
ProgramFiles emitProgram(mlir::ModuleOp module, const ProgramText &text, const std::vector<ProgramKernel> &kernels,
                         const std::vector<ProgramDevice> &devices,
                         const std::map<mlir::Operation *, unsigned> &kernelOf);

/// The source of a program that measures one kernel (runtime/commands/MeasureKernel.h), on the processor, or on a GPU
/// if there is `device`, which has this kernel alone.
ProgramFiles emitKernelProgram(const ProgramKernel &kernel, const std::optional<ProgramDevice> &device = std::nullopt);

} // namespace gan
