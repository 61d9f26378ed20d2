// `ganc build --mpi`: which compiler of the user's MPI links the program, and what part of a batch a rank has.
#pragma once

#include "compiler/driver/Options.h"
#include "compiler/import/Sharing.h"

namespace gan {

/// Declares --mpi with --batch-norm and, for commands that build, --global-batch and --ranks.
void describeMpi(po::options_description &options);
void describeRanks(po::options_description &options);

/// The compiler of --mpi, "mpicc" where it is not named; "" without --mpi. Throws UserError if there is no such program
/// or what else is asked for cannot go with it.
std::string givenMpi(const CommandLine &line);

/// What --mpi and --batch-norm ask for. Throws UserError.
Sharing givenSharing(const CommandLine &line);

/// The samples of a rank: --batch, or --global-batch divided by --ranks; nothing for the model's own. Throws UserError
/// if they do not fit together.
std::optional<int64_t> givenRankBatch(const CommandLine &line);

} // namespace gan
