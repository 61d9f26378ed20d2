// Compiles kernels to object files: each in a child process, as many at once as there are cores, through the cache.
#pragma once

#include "compiler/driver/Cache.h"
#include "compiler/driver/Stages.h"

namespace gan {

struct JobOptions {
  unsigned parallel = 1;
  bool progress = true; ///< whether to show a line on stderr
};

/// Returns one object file in `folder` for each job, in order. Throws InternalError if a kernel does not compile, and
/// UserError if its compiler was killed or the disk is full.
std::vector<std::string> compileKernels(const KernelSet &kernels, const KernelTarget &target, const Cache &cache,
                                        const std::string &folder, const JobOptions &options, Timing &timing);

/// The help text of --target.
std::string targetHelp();
/// The target of --target. Throws UserError that lists the targets.
KernelTarget givenTarget(const std::string &name);

} // namespace gan
