#include "compiler/codegen/device/Barriers.h"
#include "compiler/codegen/device/Passes.h"
#include "compiler/codegen/kernels/Kernels.h"

#include <numeric>
#include <optional>

namespace gan {
namespace {

using namespace Halide::Internal;
using Halide::Expr;
using Sizes = std::map<std::string, int32_t>;

/// Writes out what names stand for, so that statements can be moved.
class WithoutLets : public IRMutator {
  using IRMutator::visit;
  Expr visit(const Let *op) override { return mutate(substitute(op->name, mutate(op->value), op->body)); }
  Stmt visit(const LetStmt *op) override { return mutate(substitute(op->name, mutate(op->value), op->body)); }
};

/// Makes accesses to shared memory go to half number `half` of it.
class InHalf : public IRMutator {
public:
  InHalf(const Sizes &shared, std::set<std::string> &touched, Expr half)
      : shared(shared), touched(touched), half(std::move(half)) {}

private:
  using IRMutator::visit;
  Expr moved(const std::string &name, const Expr &index) {
    touched.insert(name);
    Expr start = half * shared.at(name);
    if (const auto *ramp = index.as<Ramp>())
      return Ramp::make(ramp->base + start, ramp->stride, ramp->lanes);
    return index + start;
  }
  ModulusRemainder aligned(const std::string &name, const ModulusRemainder &before) const {
    return before + ModulusRemainder(shared.at(name), 0);
  }
  Expr visit(const Load *op) override {
    if (!shared.contains(op->name))
      return IRMutator::visit(op);
    return Load::make(op->type, op->name, moved(op->name, mutate(op->index)), op->image, op->param,
                      mutate(op->predicate), aligned(op->name, op->alignment));
  }
  Stmt visit(const Store *op) override {
    if (!shared.contains(op->name))
      return IRMutator::visit(op);
    return Store::make(op->name, mutate(op->value), moved(op->name, mutate(op->index)), op->param,
                       mutate(op->predicate), aligned(op->name, op->alignment));
  }

  const Sizes &shared;
  std::set<std::string> &touched;
  Expr half;
};

/// Gives names to what is loaded from outside, so that it can be loaded earlier than it is used. What only some threads
/// load, only these load earlier too.
class NameLoads : public IRMutator {
public:
  explicit NameLoads(const Sizes &shared) : shared(shared) {}
  std::vector<std::pair<std::string, Expr>> loads;
  bool hasLoop = false; ///< what a loop loads has no name

private:
  using IRMutator::visit;
  Expr visit(const Load *op) override {
    if (shared.contains(op->name) || own.contains(op->name))
      return IRMutator::visit(op);
    Expr value(op);
    if (!conditions.empty()) {
      Expr all = std::accumulate(conditions.begin() + 1, conditions.end(), conditions.front(),
                                 [](const Expr &a, const Expr &b) { return a && b; });
      value = Call::make(op->type, Call::if_then_else, {all, value, make_zero(op->type)}, Call::PureIntrinsic);
    }
    for (const auto &[name, known] : loads)
      if (equal(known, value))
        return Variable::make(op->type, name);
    loads.emplace_back(unique_name("next"), value);
    return Variable::make(op->type, loads.back().first);
  }
  Stmt visit(const IfThenElse *op) override {
    conditions.push_back(op->condition);
    Stmt then = mutate(op->then_case), otherwise;
    conditions.back() = !op->condition;
    if (op->else_case.defined())
      otherwise = mutate(op->else_case);
    conditions.pop_back();
    return IfThenElse::make(op->condition, then, otherwise);
  }
  Stmt visit(const Allocate *op) override {
    own.insert(op->name);
    return IRMutator::visit(op);
  }
  Stmt visit(const For *op) override {
    hasLoop = true;
    return IRMutator::visit(op);
  }

  const Sizes &shared;
  std::set<std::string> own; ///< memory of the statements themselves
  std::vector<Expr> conditions;
};

/// The two phases of a loop's body.
struct Phases {
  Stmt copy, barrier, compute;
};

/// Nothing if the body has not just two phases, each of which ends with a barrier.
std::optional<Phases> phasesOf(const Stmt &body) {
  std::vector<Stmt> all;
  flatten(body, all);
  std::vector<size_t> barriers;
  for (size_t i = 0; i < all.size(); ++i)
    if (isBarrier(all[i]))
      barriers.push_back(i);
  if (barriers.size() != 2 || barriers[0] == 0 || barriers[1] != all.size() - 1 || barriers[0] + 1 == barriers[1])
    return std::nullopt;
  auto part = [&](size_t first, size_t end) {
    return Halide::Internal::Block::make(std::vector<Stmt>(all.begin() + int64_t(first), all.begin() + int64_t(end)));
  };
  return Phases{part(0, barriers[0]), all[barriers[0]], part(barriers[0] + 1, barriers[1])};
}

} // namespace

Stmt PipelineStages::visit(const Allocate *op) {
  int32_t size = op->memory_type == Halide::MemoryType::GPUShared ? op->constant_allocation_size() : 0;
  constexpr int32_t line = 32; // words: the banks are those of the first half
  if (size > 0)
    shared[op->name] = (size + line - 1) / line * line;
  Stmt body = mutate(op->body);
  std::vector<Expr> extents = op->extents;
  if (doubled.contains(op->name))
    extents = {2 * shared.at(op->name)};
  return Allocate::make(op->name, op->type, op->memory_type, extents, op->condition, body);
}

Stmt PipelineStages::visit(const For *op) {
  auto count = as_const_int(op->extent);
  if (op->name.find(pipelinedLoop) == std::string::npos || !count || *count < 2)
    return IRMutator::visit(op);
  Stmt whole = op->body;
  while (const auto *let = whole.as<LetStmt>())
    whole = substitute(let->name, let->value, let->body);
  std::optional<Phases> phases = phasesOf(whole);
  Expr chunk = Variable::make(Halide::Int(32), op->name);
  NameLoads named(shared);
  Stmt later;
  if (phases) {
    phases->copy = InHalf(shared, doubled, chunk % 2).mutate(WithoutLets().mutate(phases->copy));
    phases->compute = InHalf(shared, doubled, chunk % 2).mutate(phases->compute);
    later = named.mutate(substitute(op->name, chunk + 1, phases->copy));
  }
  if (!phases || named.hasLoop || doubled.empty()) {
    kept.push_back(op->name);
    return IRMutator::visit(op);
  }
  Stmt body = Halide::Internal::Block::make({phases->compute, later, phases->barrier});
  for (size_t i = named.loads.size(); i-- > 0;)
    body = LetStmt::make(named.loads[i].first, named.loads[i].second, body);
  Stmt first = substitute(op->name, op->min, phases->copy);
  Stmt loop =
      For::make(op->name, op->min, int32_t(*count - 1), op->for_type, op->partition_policy, op->device_api, body);
  Stmt last = substitute(op->name, op->min + int32_t(*count - 1), phases->compute);
  return Halide::Internal::Block::make({first, phases->barrier, loop, last, phases->barrier});
}

} // namespace gan
