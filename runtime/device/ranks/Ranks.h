// Processes that share the batches of a program: ranks. A launcher (mpirun, srun) starts them, and the user's MPI moves
// bytes between them (gan_transport in program.h). A process that no launcher started is alone, and everything here
// then returns at once.
#pragma once

#include "runtime/program.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ganrt {

/// Thrown where this rank has nothing to say, because another one says why the program ends.
struct EndsQuietly : std::runtime_error {
  EndsQuietly() : std::runtime_error("another rank says why the program ends") {}
};

class Ranks {
public:
  /// This process alone.
  Ranks() = default;
  /// Joins the processes that a launcher started together; alone without a launcher or a transport. Throws UserError.
  explicit Ranks(const gan_transport *transport);
  ~Ranks();
  Ranks(const Ranks &) = delete;
  Ranks &operator=(const Ranks &) = delete;

  int rank() const { return number; }
  int size() const { return count; }
  bool alone() const { return count == 1; }
  /// Whether this is the rank that writes, prints and decides: number 0.
  bool leads() const { return number == 0; }
  /// This rank's number among those on its machine, and how many they are.
  struct Local {
    int number, count;
  };
  Local onMachine() const;
  const std::string &host(int rank) const { return hosts[size_t(rank)]; }
  /// "rank 1 on host b".
  std::string name(int rank) const;

  /// As many bytes of each rank, in their order. Not for a process that is alone.
  std::vector<char> gatherBytes(const void *mine, size_t bytes);
  /// The texts of all ranks, in their order.
  std::vector<std::string> gather(const std::string &mine);
  /// Overwrites the bytes with those of rank 0.
  void broadcast(void *bytes, size_t size);
  std::string broadcast(const std::string &text);

  /// Called by all ranks when they are ready for what they do together. Throws if one of them has failed before (which
  /// calls `fail`), or if `identity`, lines of `name: value`, is not the same on all: rank 0 then says it for all.
  void begin(const std::string &identity);
  bool hasBegun() const { return begun; }
  /// Whether all ranks know already that they end, and rank 0 has been told why.
  bool haveEnded() const { return ended; }
  /// In place of `begin`, for a rank that cannot begin: `sentence` says why. Always throws.
  [[noreturn]] void fail(const std::string &sentence);
  /// Ends the processes of all ranks at once.
  void abort(int status) { moves->abort(status); }
  /// How many threads this rank may use of its cores: its share if others may use the same ones.
  int threads(int cores) const { return alone() ? cores : std::max(1, cores / sharing); }

  /// Polls until `done` (all ranks call this in the same order) returns true. Throws if other ranks do not
  /// come to the same place within some 20 seconds (`patient`: does not look at the time), with their names.
  void wait(const std::function<bool()> &done, bool patient = false);
  /// The same for what a device of this rank does together with those of others. Ranks may wait for it at different
  /// moments between two calls of `wait`.
  void waitForDevice(const std::function<bool()> &done) { poll(done, waits + 1, false); }
  /// Seconds spent in `wait` so far.
  double waited() const { return seconds; }
  /// What moves the bytes, for MeanOverRanks.
  const gan_transport &transport() const { return *moves; }

private:
  void poll(const std::function<bool()> &done, uint64_t wait, bool patient);
  void tellLate(double late, uint64_t wait);
  void takeNotes();
  [[noreturn]] void endWith(const std::vector<std::string> &texts);

  const gan_transport *moves = nullptr;
  int number = 0, count = 1;
  std::vector<std::string> hosts;
  bool begun = false; ///< whether `begin` has returned
  bool ended = false; ///< whether it cannot
  int sharing = 0;    ///< ranks that may use the same cores, this one included
  double seconds = 0;
  uint64_t waits = 0;          ///< how many waits there were: all ranks wait for the same things in the same order
  std::vector<uint64_t> there; ///< the last wait that each rank is known to have come to
};

} // namespace ganrt
