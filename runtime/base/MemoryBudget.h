// An amount of memory that threads share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace ganrt {

/// A thread that wants more than is left waits until others give memory back. While nothing is taken nobody waits,
/// however much is wanted, so that every thread gets its turn.
class MemoryBudget {
public:
  explicit MemoryBudget(size_t bytes) : bytes(bytes) {}

  /// A taken part of the budget, which is given back when the object is destroyed.
  class Share {
  public:
    Share() = default;
    Share(Share &&other) noexcept { *this = std::move(other); }
    Share &operator=(Share &&other) noexcept;
    ~Share() { giveBack(); }

  private:
    friend class MemoryBudget;
    Share(MemoryBudget &budget, size_t bytes) : budget(&budget), bytes(bytes) {}
    void giveBack();
    MemoryBudget *budget = nullptr;
    size_t bytes = 0;
  };
  /// A thread must hold at most one share: one that waits while it holds another share might wait for ever.
  Share take(size_t wanted);

private:
  const size_t bytes;
  size_t taken = 0;
  std::mutex mutex;
  std::condition_variable changed;
};

} // namespace ganrt
