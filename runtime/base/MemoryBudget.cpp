#include "runtime/base/MemoryBudget.h"

namespace ganrt {

MemoryBudget::Share &MemoryBudget::Share::operator=(Share &&other) noexcept {
  giveBack();
  budget = std::exchange(other.budget, nullptr), bytes = std::exchange(other.bytes, 0);
  return *this;
}

void MemoryBudget::Share::giveBack() {
  if (!budget)
    return;
  {
    std::lock_guard lock(budget->mutex);
    budget->taken -= bytes;
  }
  budget->changed.notify_all();
  budget = nullptr;
}

MemoryBudget::Share MemoryBudget::take(size_t wanted) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return taken == 0 || (taken <= bytes && wanted <= bytes - taken); });
  taken += wanted;
  return Share(*this, wanted);
}

} // namespace ganrt
