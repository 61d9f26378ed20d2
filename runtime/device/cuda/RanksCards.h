// The cards of all ranks, one each, which make means of floats in their memory by NCCL. All ranks call it for the same
// floats in the same order, and also put the same calls into graphs: NCCL needs that.
#pragma once

#include "runtime/device/cuda/Nccl.h"
#include "runtime/device/ranks/Ranks.h"

namespace ganrt::cuda {

class RanksCards {
public:
  /// Connects the cards; called by all ranks together, each with its card's context current and a stream of it.
  /// Throws UserError.
  RanksCards(const Nccl &nccl, Ranks &ranks);
  ~RanksCards();
  RanksCards(const RanksCards &) = delete;
  RanksCards &operator=(const RanksCards &) = delete;

  /// Why these ranks cannot use it, the same on all of them; "" if they can. `card` tells cards of a machine apart.
  /// Throws UserError if two ranks have the same card. Called by all ranks together.
  static std::string missing(const Nccl &nccl, Ranks &ranks, const std::string &card);

  /// Replaces floats on the card by their means over the ranks, behind what the stream was given before.
  void mean(Pointer floats, size_t count, Stream stream) const;
  /// Waits until `done` returns true. Throws if NCCL tells an error or a rank is lost; what was under way on the card
  /// then ends.
  void wait(const std::function<bool()> &done);

private:
  void abort();

  const Nccl &nccl;
  Ranks &ranks;
  Communicator communicator = nullptr;
};

} // namespace ganrt::cuda
