#include "compiler/driver/Mpi.h"
#include "compiler/driver/Files.h"

#include "llvm/Support/Program.h"

namespace gan {

void describeMpi(po::options_description &options) {
  options.add_options()("mpi", po::value<std::string>()->implicit_value("mpicc")->value_name("MPICC"),
                        "several processes can share a batch, under mpirun; MPICC is the MPI's compiler (mpicc)")(
      "batch-norm", po::value<std::string>()->value_name("global|local"),
      "with --mpi: statistics of the whole batch (global), or of each rank's part of it, as PyTorch has them (local)");
}

void describeRanks(po::options_description &options) {
  options.add_options()("global-batch", po::value<std::string>()->value_name("N"),
                        "with --mpi: the batch of all ranks together")(
      "ranks", po::value<std::string>()->value_name("R"), "with --global-batch: how many ranks share it");
}

std::string givenMpi(const CommandLine &line) {
  if (!line.has("mpi"))
    return "";
  std::string compiler = line.text("mpi");
  if (!llvm::sys::findProgramByName(compiler))
    throw UserError("--mpi: MPI's compiler `" + compiler +
                    "` was not found: install an MPI (Debian: apt-get install libopenmpi-dev openmpi-bin, or mpich), "
                    "or name the compiler as --mpi=PATH");
  return compiler;
}

Sharing givenSharing(const CommandLine &line) {
  std::string statistics = line.has("batch-norm") ? line.text("batch-norm") : "global";
  if (statistics != "global" && statistics != "local")
    throw UserError("--batch-norm is global or local, not " + statistics);
  if (line.has("batch-norm") && !line.has("mpi"))
    throw UserError("--batch-norm goes with --mpi: one process has statistics of its batch");
  return !line.has("mpi") ? Sharing::Alone : statistics == "local" ? Sharing::OwnStatistics : Sharing::Ranks;
}

std::optional<int64_t> givenRankBatch(const CommandLine &line) {
  if (!line.has("global-batch") && !line.has("ranks"))
    return givenBatch(line);
  if (!line.has("mpi"))
    throw UserError("--global-batch and --ranks go with --mpi");
  if (!line.has("global-batch") || !line.has("ranks"))
    throw UserError("--global-batch N and --ranks R go together: each rank has N / R samples");
  if (line.has("batch"))
    throw UserError("--batch is a rank's part of a batch: give it, or --global-batch and --ranks");
  int64_t all = line.number("global-batch", 1, 100000000), ranks = line.number("ranks", 1, 65536);
  if (all % ranks == 0)
    return all / ranks;
  int64_t below = all / ranks * ranks, above = below + ranks;
  throw UserError("--global-batch " + std::to_string(all) + " cannot be divided by " + std::to_string(ranks) +
                  " ranks; " + (below ? std::to_string(below) + " and " : "") + std::to_string(above) + " can");
}

} // namespace gan
