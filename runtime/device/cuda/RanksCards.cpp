#include "runtime/device/cuda/RanksCards.h"
#include "runtime/base/Error.h"

#include <cstdlib>
#include <utility>

namespace ganrt::cuda {

std::string RanksCards::missing(const Nccl &nccl, Ranks &ranks, const std::string &card) {
  std::vector<std::string> reasons = ranks.gather(nccl.missing()), cards = ranks.gather(card);
  for (int r = 0; r < ranks.size(); ++r)
    if (const std::string &why = reasons[size_t(r)]; !why.empty())
      return ranks.name(r) + ": " + why;
  for (int r = 0; r < ranks.size(); ++r)
    for (int other = 0; other < r; ++other)
      if (ranks.host(r) == ranks.host(other) && cards[size_t(r)] == cards[size_t(other)])
        throw UserError("rank " + std::to_string(other) + " and " + ranks.name(r) + " have the same card, " +
                        cards[size_t(r)] + ": NCCL needs one for each; leave the number out of --device, or start " +
                        "fewer ranks");
  return "";
}

RanksCards::RanksCards(const Nccl &nccl, Ranks &ranks) : nccl(nccl), ranks(ranks) {
  // By default NCCL may take any algorithm, and sums made by the switch between cards have no fixed order. Around a
  // ring each float is added up in the order of the cards there, once, and then given to all.
  setenv("NCCL_ALGO", "Ring", 0);
  UniqueId id{};
  if (ranks.leads())
    nccl.check(nccl.uniqueId(&id), "preparing to add up over the cards", nullptr);
  ranks.broadcast(&id, sizeof id);
  nccl.check(nccl.join(&communicator, ranks.size(), id, ranks.rank()), "connecting the cards of the ranks", nullptr);
}

/// At once, since all that was begun has ended or cannot end any more.
RanksCards::~RanksCards() { abort(); }

void RanksCards::abort() {
  if (Communicator ended = std::exchange(communicator, nullptr))
    nccl.abort(ended);
}

void RanksCards::mean(Pointer floats, size_t count, Stream stream) const {
  auto *memory =
      reinterpret_cast<void *>(floats); // NOLINT(performance-no-int-to-ptr): the driver's addresses are numbers
  nccl.check(nccl.allReduce(memory, memory, count, ncclFloat, ncclMean, communicator, stream),
             "adding up over the cards", communicator);
}

void RanksCards::wait(const std::function<bool()> &done) {
  try {
    ranks.waitForDevice([&] {
      int error = 0;
      if (communicator) {
        nccl.check(nccl.asyncError(communicator, &error), "asking after the other cards", communicator);
        nccl.check(error, "adding up over the cards", communicator);
      }
      return done();
    });
  } catch (...) {
    abort(); // kernels on the card that wait for other ranks end, so that nothing waits for them for ever
    throw;
  }
}

} // namespace ganrt::cuda
