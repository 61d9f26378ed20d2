// Training on several ranks. Rank 0 decides what comes next - an iteration, a check, the end - and writes everything
// down; the others do the same iterations on their own samples and write nothing.
#pragma once

#include "runtime/base/Interrupt.h"
#include "runtime/data/Augment.h"
#include "runtime/data/TrainingData.h"
#include "runtime/program/Session.h"

namespace ganrt {

/// What all ranks do next.
enum class Together : uint32_t {
  Iterate, ///< an iteration
  Plateau, ///< hear which plateaus were reached
  Timed,   ///< an iteration, call by call, of which rank 0 measures each
  Check,   ///< compare the state, which must be the same on all ranks, bit for bit
  End      ///< the run is over
};

/// What a rank says before the next thing is done.
struct Word {
  Together next = Together::Iterate; ///< counts only from rank 0
  int32_t signal = 0;                ///< the signal that came to this rank; 0 if none did
};

/// Tells every rank this one's word. Returns that of rank 0, with the first signal that came to any rank.
Word agree(Ranks &ranks, Word mine);

/// Throws if the state is not the same on all ranks, bit for bit. To be called by all.
void checkSame(Ranks &ranks, const gan_program &program, const State &state, uint64_t iteration);

/// Begins what the ranks do together on their devices (Ranks::begin), which must be of one kind. `tells`: whether rank
/// 0 says on stderr if their sums take a slower way than users may expect.
void beginTogether(Ranks &ranks, Device &device, const std::string &identity, bool tells);

/// Gives all ranks the state of rank 0.
void shareState(Ranks &ranks, State &state);

/// Gives all ranks the plateaus that rank 0 has seen reached.
void sharePlateaus(Ranks &ranks, const gan_program &program, Moment &moment);

/// Lines that must be the same on all ranks: what the program is and what it was asked to do.
std::string identityOf(const gan_program &program, uint64_t seed, const std::vector<std::string> &settings);

/// Trains as one of the ranks that follow rank 0, from this moment on. Returns the exit status.
int follow(const Session &session, const TrainingData &data, const Augmentation &augmentation, Moment moment,
           const Interrupt &interrupt);

} // namespace ganrt
