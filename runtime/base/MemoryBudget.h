// An amount of memory that threads share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace ganrt {

/// Who wants more than is left waits until others give back. Who is alone never waits, however much it wants, so that
/// everybody's turn comes.
class MemoryBudget {
public:
  explicit MemoryBudget(size_t bytes) : bytes(bytes) {}

  /// What was taken; given back when it goes away.
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
  /// A thread holds one share at a time: one that waited with a share in hand might wait for ever.
  Share take(size_t wanted);

private:
  const size_t bytes;
  size_t taken = 0;
  std::mutex mutex;
  std::condition_variable changed;
};

} // namespace ganrt
