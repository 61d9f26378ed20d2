#include "compiler/codegen/device/Barriers.h"
#include "compiler/codegen/device/Passes.h"

namespace gan {
namespace {

using namespace Halide::Internal;

/// Whether a statement only fills shared memory: it reads none of it, and has no barrier inside.
class OnlyFills : public IRVisitor {
public:
  OnlyFills(const std::set<std::string> &shared, const Stmt &s) : shared(shared) { s.accept(this); }
  explicit operator bool() const { return yes; }

private:
  using IRVisitor::visit;
  void visit(const Load *op) override {
    yes = yes && !shared.count(op->name);
    IRVisitor::visit(op);
  }
  void visit(const Call *op) override {
    yes = yes && !op->is_intrinsic(Call::gpu_thread_barrier);
    IRVisitor::visit(op);
  }
  const std::set<std::string> &shared;
  bool yes = true;
};

} // namespace

Stmt SinkBarriers::visit(const Allocate *op) {
  if (op->memory_type == Halide::MemoryType::GPUShared)
    shared.insert(op->name);
  return IRMutator::visit(op);
}

Stmt SinkBarriers::visit(const Halide::Internal::Block *op) {
  std::vector<Stmt> all, result;
  flatten(Stmt(op), all);
  // Whether all statements from here to the barrier before, or to the one after, only fill. There must be one after:
  // the barrier that is left out is then this one.
  auto before = [&](size_t i) {
    while (i-- > 0 && !isBarrier(all[i]))
      if (!OnlyFills(shared, all[i]))
        return false;
    return true;
  };
  auto after = [&](size_t i) {
    for (++i; i < all.size() && !isBarrier(all[i]); ++i)
      if (!OnlyFills(shared, all[i]))
        return false;
    return i < all.size();
  };
  for (size_t i = 0; i < all.size(); ++i)
    if (!isBarrier(all[i]) || !before(i) || !after(i))
      result.push_back(mutate(all[i]));
  return Halide::Internal::Block::make(result);
}

} // namespace gan
