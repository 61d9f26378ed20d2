#include "compiler/driver/Stages.h"
#include "compiler/Bug.h"
#include "compiler/codegen/kernels/KernelBody.h"
#include "compiler/codegen/kernels/Kernels.h"
#include "compiler/codegen/program/Suspects.h"
#include "compiler/codegen/schedules/gpu/Gpu.h"
#include "compiler/driver/Files.h"
#include "compiler/import/ImportModel.h"
#include "compiler/passes/Places.h"
#include "compiler/tuning/Transfer.h"
#include "dsl/Lexer.h"
#include "dsl/Uses.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace gan {
Stages::Stages(const LoadedModel &loaded, Timing &timing, Sharing sharing)
    : loaded(loaded), timing(timing), sharing(sharing) {
  context.loadDialect<GanDialect>();
}

/// MLIR's own messages never reach a user, because whatever fails here is a bug of ours.
template <class Work> void Stages::guarded(const std::string &stage, Work work) {
  std::string details, place;
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    if (details.empty())
      place = placeText(d.getLocation());
    details += d.str() + "\n";
    return success();
  });
  try {
    if (failed(timing.measure(stage, work)))
      throw InternalError(stage, place, details);
  } catch (const BrokenPromise &e) {
    throw InternalError(stage, place, e.what());
  }
}

ModuleOp Stages::imported() {
  guarded("import", [&] {
    module = importModel(loaded.model, *loaded.source, context, sharing);
    return verify(*module);
  });
  return *module;
}

ModuleOp Stages::lower(PassStage stage) {
  static constexpr const char *names[] = {"differentiate", "fuse", "plan"};
  if (!module)
    imported();
  guarded(names[size_t(stage)], [&] {
    PassManager manager(&context);
    addPasses(manager, stage, sharing != Sharing::Alone ? std::optional(loaded.model.batch) : std::nullopt);
    return manager.run(*module);
  });
  if (auto refused = (*module)->getAttrOfType<StringAttr>(refusedAttribute))
    throw UserError(loaded.source->path() + ": " + refused.str() + ". It runs in one process: build it without --mpi");
  return *module;
}

/// Whether all operands that a product may read in groups of four start where it can. A kernel may read so only if that
/// holds for each of its calls.
static bool startsWide(KernelOp kernel) {
  return llvm::all_of(kernel.getOperands(), [](Value operand) {
    return !gpu::isWideOperand(tensorOf(operand)) || placeOf(operand).offset % gpu::wideAlignment == 0;
  });
}

/// Tests of tuning start from products as on a scalar machine, if this variable is set.
bool scalarTiles() { return getenv("GANC_SCALAR_TILES"); }

static Schedule firstSchedule(KernelOp canonical, const TargetInfo &machine) {
  Schedule s = defaultSchedule(canonical, machine);
  if (scalarTiles() && (s.anchor == Anchor::Contraction || s.anchor == Anchor::Convolution)) {
    Anchor anchor = s.anchor;
    s = Schedule();
    s.anchor = anchor, s.vec = 4, s.rows = 1, s.columns = 4;
  }
  return s;
}

/// The workload on a GPU, where every contraction is a product: "gpu_product", "gpu_reduction" or "gpu_map".
static Workload deviceWorkloadOf(KernelOp canonical) {
  Workload w = workloadOf(canonical);
  Anchor anchor = anchorOf(canonical);
  w.kind = anchor == Anchor::Reduction ? "gpu_reduction" : "gpu_map";
  if (anchor == Anchor::Contraction || anchor == Anchor::Convolution) {
    ViewSizes s = viewSizes(anchorOperation(canonical));
    w = {"gpu_product",
         {{"batches", s.batches},
          {"m", s.m},
          {"n", s.n},
          {"k", s.k},
          {"flops", w.at("flops")},
          {"bytes", w.at("bytes")}}};
  }
  return w;
}

static KernelJob jobOf(KernelOp canonical, const std::string &label, const std::string &signature,
                       const TargetInfo &machine) {
  return {label,
          signature,
          firstSchedule(canonical, machine),
          gpu::defaultSchedule(canonical, gpu::Card()),
          describeKernel(canonical),
          workloadOf(canonical),
          deviceWorkloadOf(canonical),
          0};
}

KernelJob kernelOfText(const std::string &text, const std::string &name, const KernelTarget &target) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<GanDialect>();
  std::string wrong;
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    if (wrong.empty()) {
      llvm::raw_string_ostream place(wrong);
      if (auto at = dyn_cast<FileLineColLoc>(d.getLocation()))
        place << " (line " << at.getLine() << ")";
      place << ": " << d.str();
    }
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    throw UserError(name + " is not the text of a kernel" + wrong);
  std::vector<KernelOp> found;
  module->walk([&](KernelOp kernel) { found.push_back(kernel); });
  if (found.size() != 1)
    throw UserError(name + " has " + std::to_string(found.size()) + " kernels and not one");
  OwningOpRef<ModuleOp> canonical = canonicalKernel(found.front());
  return jobOf(onlyKernel(*canonical), name, kernelSignature(*canonical), {target.lanes, target.registers});
}

namespace {

/// Gives kernels the schedules that tuning found for them, or for kernels that are nearly the same.
class TunedSchedules {
public:
  TunedSchedules(const Targets &targets, const KnownSchedules &known) : targets(targets), known(known) {
    Machine machine;
    machine.lanes = targets.processor.lanes, machine.registers = targets.processor.registers;
    machine.threads = 2;
    if (known.transfer && !known.records.all().empty())
      neighbours.emplace(known.records, targets.processor.name, known.machine, machine);
  }

  void give(KernelJob &job) const {
    TunedKernel name{targets.processor.name, known.machine, job.info.symbol};
    if (std::optional<Winner> winner = known.records.winner(name)) {
      take(job, winner->schedule, winner->gain(), "");
    } else if (neighbours && !known.records.keepsDefault(name)) {
      if (std::optional<Transfer::Loan> loan = neighbours->loan(job.workload, job.schedule))
        take(job, loan->schedule, loan->gain, ", from a neighbour, " + loan->kernel);
    }
  }

  /// The schedule for GPUs: as it was measured on the card, else as it was predicted for the first of the architectures
  /// for which there is a prediction, if that promises so much that little of it may be true.
  void giveDevice(KernelJob &job) const {
    for (const DeviceTarget &device : targets.devices) {
      if (device.api != DeviceApi::Cuda)
        continue;
      TunedKernel name{"cuda", known.card, job.info.symbol};
      std::optional<Winner> winner = known.records.winner(name);
      if (winner && takeDevice(job, *winner, ", tuned: "))
        return;
      if (winner || known.records.keepsDefault(name))
        return;
      for (const std::string &architecture : device.architectures) {
        name.machine = predictedMachine(architecture);
        winner = known.records.winner(name);
        if (winner && winner->gain() >= promising && takeDevice(job, *winner, ", predicted: "))
          return;
      }
    }
  }

private:
  static constexpr double promising = 1.25; ///< of a predicted gain

  static bool takeDevice(KernelJob &job, const Winner &winner, const char *words) {
    if (winner.schedule.anchor != job.deviceSchedule.anchor)
      return false;
    char text[32];
    snprintf(text, sizeof text, "%s%.2fx", words, winner.gain());
    job.deviceSchedule = winner.schedule;
    job.deviceNote = text;
    return true;
  }

  void take(KernelJob &job, const Schedule &schedule, double gain, const std::string &from) const {
    bool transforms = schedule.anchor == Anchor::Convolution && schedule.algorithm == Algorithm::Winograd;
    if (schedule.anchor != job.schedule.anchor || (targets.exactConvolutions && transforms))
      return;
    char text[32];
    snprintf(text, sizeof text, ", tuned: %.2fx", gain);
    job.schedule = schedule;
    job.note = from.empty() ? text : from;
  }

  const Targets &targets;
  const KnownSchedules &known;
  std::optional<Transfer> neighbours;
};

} // namespace

KernelSet Stages::kernels(const Targets &targets, const KnownSchedules &known) {
  KernelSet set;
  TunedSchedules tuned(targets, known);
  TargetInfo machine{targets.processor.lanes, targets.processor.registers, targets.exactConvolutions};
  guarded("kernels", [&] {
    std::map<std::string, unsigned> indices;
    module->walk([&](KernelOp kernel) {
      OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
      std::string signature = kernelSignature(*canonical);
      auto [it, fresh] = indices.try_emplace(signature, set.jobs.size());
      if (fresh) {
        set.jobs.push_back(jobOf(onlyKernel(*canonical), kernel.getLabel().str(), signature, machine));
        tuned.give(set.jobs.back());
        tuned.giveDevice(set.jobs.back());
      }
      if (kernel->getParentOfType<GraphOp>().getKind() == GraphKind::Train)
        ++set.jobs[it->second].calls;
      Schedule &onDevice = set.jobs[it->second].deviceSchedule;
      bool product = onDevice.anchor == Anchor::GpuProduct;
      onDevice.wide = product && (fresh || onDevice.wide) && startsWide(kernel);
      set.indexOf[kernel] = it->second;
    });
    return success();
  });
  return set;
}

/// The hash of the tokens: the same model with other comments or layout has the same hash.
static std::string sourceHash(const dsl::Source &source) {
  dsl::Diagnostics ignored;
  std::string text;
  for (const dsl::Token &token : dsl::lex(source, ignored).list)
    text += token.kind == dsl::TokenKind::Separator ? ";\n" : std::string(source.text(token.span)) + "\n";
  return sha256(text);
}

ProgramFiles programFiles(ModuleOp module, const LoadedModel &loaded, const KernelSet &set, const Targets &targets,
                          const std::vector<std::vector<DeviceCode>> &codes, bool shared) {
  std::vector<ProgramKernel> kernels;
  for (const KernelJob &job : set.jobs)
    kernels.push_back(
        {job.info, printSchedule(job.schedule) + job.note, printSchedule(job.deviceSchedule) + job.deviceNote});
  std::vector<ProgramDevice> devices;
  for (size_t d = 0; d < codes.size(); ++d)
    devices.push_back({targets.devices[d].api, codes[d]});
  const dsl::Model &m = loaded.model;
  std::string path = loaded.source->path();
  ProgramText text{GANC_VERSION,
                   m.name,
                   path.substr(path.rfind('/') + 1),
                   std::string(loaded.source->text()),
                   sourceHash(*loaded.source),
                   targets.processor.name,
                   targets.processor.cpuFeatures,
                   m.batch,
                   m.epochs,
                   m.epochIterations,
                   {},
                   dsl::numberText(m, m.firstChance)};
  text.shared = shared;
  for (const dsl::Stream &s : m.streams)
    text.streams.push_back({s.name, s.count, s.seed});
  for (const dsl::Plateau &p : m.plateaus)
    text.plateaus.push_back({p.metric, p.maximize, p.epochs});
  for (const dsl::Refusal &r : dsl::usesOf(m).refusals)
    text.refusals.emplace_back(r.command, r.why);
  return emitProgram(module, text, kernels, devices, set.indexOf);
}

} // namespace gan
