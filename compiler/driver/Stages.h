// Leads from the checked model through import and passes to the planned module and its distinct kernels.
#pragma once

#include "compiler/codegen/CompileKernel.h"
#include "compiler/codegen/program/EmitProgram.h"
#include "compiler/driver/Frontend.h"
#include "compiler/driver/Targets.h"
#include "compiler/driver/Timing.h"
#include "compiler/import/Sharing.h"
#include "compiler/passes/Passes.h"
#include "compiler/tuning/Records.h"

#include <map>

namespace gan {

/// One distinct kernel of a program: its canonical text and its schedule. Equal kernels are compiled once.
struct KernelJob {
  std::string label;                 ///< label of its first call, for people
  std::string signature;             ///< canonical text, which is compiled
  Schedule schedule, deviceSchedule; ///< for the processor, for GPUs
  KernelInfo info;
  Workload workload, deviceWorkload; ///< what its time depends on, there and there
  int64_t calls = 0;                 ///< in the graphs of training
  std::string note{}, deviceNote{};  ///< behind the schedules in what a program tells: where they are from, if they are
                                     ///< not the defaults
};

struct KernelSet {
  std::vector<KernelJob> jobs;
  std::map<mlir::Operation *, unsigned> indexOf;
};

/// Schedules that tuning found.
struct KnownSchedules {
  Records records{};
  std::string machine{}; ///< the processor for which they are looked up
  std::string card{};    ///< the same for GPUs; predictions count where it has no record
  bool transfer = false; ///< whether a kernel without a record may have the schedule of one that is nearly the same
};

class Stages {
public:
  /// Unless it is for one process alone, the model's batch is the part of one process.
  Stages(const LoadedModel &loaded, Timing &timing, Sharing sharing = Sharing::Alone);
  /// The imported module.
  mlir::ModuleOp imported();
  /// Runs the passes up to `stage`. Throws InternalError, and UserError for what ranks cannot share.
  mlir::ModuleOp lower(PassStage stage);
  /// The distinct kernels of the planned module, with default schedules for the targets, or those that are known to
  /// be better.
  KernelSet kernels(const Targets &targets, const KnownSchedules &known = {});

private:
  template <class Work> void guarded(const std::string &stage, Work work);

  const LoadedModel &loaded;
  Timing &timing;
  const Sharing sharing;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Whether default schedules are those of a scalar machine, as tests of tuning want them.
bool scalarTiles();

/// The kernel of a text as `--stage kernels` prints it, with its default schedule; `name` is the file's, for messages.
/// Throws UserError if it is not the text of one kernel.
KernelJob kernelOfText(const std::string &text, const std::string &name, const KernelTarget &target);

/// The text of program.c for the planned module, and the code of GPUs' kernels that belongs to it. `devices` has the
/// code of each job for each of `targets.devices`, or is empty: then the program is for the processor alone. `shared`:
/// the program is linked with an MPI.
ProgramFiles programFiles(mlir::ModuleOp module, const LoadedModel &loaded, const KernelSet &kernels,
                          const Targets &targets, const std::vector<std::vector<DeviceCode>> &devices,
                          bool shared = false);

} // namespace gan
