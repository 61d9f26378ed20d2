#include "compiler/codegen/device/Passes.h"

#include <optional>
#include <sstream>

namespace gan {
namespace {

using namespace Halide::Internal;
using Halide::Expr;
using Lets = std::map<std::string, Expr>;

/// The expression with all names that lets give replaced by what they stand for.
Expr inlined(Expr e, const Lets &lets) {
  for (int depth = 0; depth < 32; ++depth) {
    Expr next = substitute(lets, e);
    if (next.same_as(e))
      break;
    e = next;
  }
  return e;
}

bool isThreadNumber(const std::string &name) { return name.find("thread_id") != std::string::npos; }

/// An index without what the number of the thread adds to it.
class FirstThread : public IRMutator {
  using IRMutator::visit;
  Expr visit(const Variable *op) override { return isThreadNumber(op->name) ? Expr(0) : Expr(op); }
};

Expr ownPart(const Expr &index, const Lets &lets) { return simplify(FirstThread().mutate(inlined(index, lets))); }

/// Looks at all accesses to one allocation.
class Accesses : public IRVisitor {
public:
  Accesses(std::string name, Lets lets) : name(std::move(name)), lets(std::move(lets)) {}
  std::string wrong;   ///< why the allocation cannot be shrunk; "" if it can
  int64_t largest = 0; ///< largest own part of an index

private:
  using IRVisitor::visit;

  void index(const Expr &e) {
    const auto *ramp = e.as<Ramp>();
    Expr whole = inlined(ramp ? ramp->base : e, lets), own = ownPart(whole, {}), thread = simplify(whole - own);
    std::optional<int64_t> constant;
    if (auto value = as_const_int(own); value && (!ramp || is_const_one(ramp->stride)))
      constant = *value + (ramp ? ramp->lanes - 1 : 0);
    std::ostringstream text;
    if (!constant)
      text << "the index " << e << " is not constant";
    else if (first.defined() && !can_prove(thread == first) && !sameForEachThread(thread))
      text << "of the indices of a thread, one lies at " << first << ", another at " << thread;
    if (wrong.empty())
      wrong = text.str();
    if (!first.defined())
      first = thread;
    largest = std::max(largest, constant.value_or(0));
  }
  /// Whether a thread that comes here adds the same as `first` would. Under a condition that only some threads meet,
  /// the simplifier may have replaced a thread's number by the one that it must have.
  bool sameForEachThread(const Expr &thread) const {
    std::vector<std::map<std::string, Expr>> each{{}};
    for (const auto &[loop, extent] : threads) {
      std::vector<std::map<std::string, Expr>> more;
      for (const auto &numbers : each)
        for (int32_t i = 0; i < extent; ++i) {
          more.push_back(numbers);
          more.back()[loop] = i;
        }
      each = std::move(more);
    }
    for (const auto &numbers : each) {
      bool comesHere = true;
      for (const Expr &condition : conditions)
        comesHere = comesHere && !is_const_zero(simplify(substitute(numbers, condition)));
      if (comesHere && !can_prove(substitute(numbers, thread) == substitute(numbers, first)))
        return false;
    }
    return true;
  }

  void visit(const For *op) override {
    auto extent = as_const_int(op->extent);
    bool isThread = isThreadNumber(op->name) && extent;
    if (isThread)
      threads[op->name] = int32_t(*extent);
    IRVisitor::visit(op);
    if (isThread)
      threads.erase(op->name);
  }
  void visit(const IfThenElse *op) override {
    Expr condition = inlined(op->condition, lets);
    op->condition.accept(this);
    conditions.push_back(condition);
    op->then_case.accept(this);
    conditions.back() = !condition;
    if (op->else_case.defined())
      op->else_case.accept(this);
    conditions.pop_back();
  }
  void visit(const LetStmt *op) override {
    lets[op->name] = op->value;
    IRVisitor::visit(op);
  }
  void visit(const Let *op) override {
    lets[op->name] = op->value;
    IRVisitor::visit(op);
  }
  void visit(const Load *op) override {
    if (op->name == name)
      index(op->index);
    IRVisitor::visit(op);
  }
  void visit(const Store *op) override {
    if (op->name == name)
      index(op->index);
    IRVisitor::visit(op);
  }

  std::string name;
  Lets lets;
  std::map<std::string, int32_t> threads; ///< the loops over threads around, and their extents
  std::vector<Expr> conditions;           ///< that hold here
  Expr first;                             ///< what the thread adds to the first index; all others must have the same
};

class KeepOwnPart : public IRMutator {
public:
  KeepOwnPart(std::string name, Lets lets) : name(std::move(name)), lets(std::move(lets)) {}

private:
  using IRMutator::visit;

  Expr own(const Expr &index) {
    if (const auto *ramp = index.as<Ramp>())
      return Ramp::make(ownPart(ramp->base, lets), ramp->stride, ramp->lanes);
    return ownPart(index, lets);
  }
  Stmt visit(const LetStmt *op) override {
    lets[op->name] = op->value;
    return IRMutator::visit(op);
  }
  Expr visit(const Let *op) override {
    lets[op->name] = op->value;
    return IRMutator::visit(op);
  }
  Expr visit(const Load *op) override {
    if (op->name != name)
      return IRMutator::visit(op);
    return Load::make(op->type, op->name, own(op->index), op->image, op->param, mutate(op->predicate),
                      ModulusRemainder());
  }
  Stmt visit(const Store *op) override {
    if (op->name != name)
      return IRMutator::visit(op);
    return Store::make(op->name, mutate(op->value), own(op->index), op->param, mutate(op->predicate),
                       ModulusRemainder());
  }

  std::string name;
  Lets lets;
};

} // namespace

Stmt ShrinkRegisters::visit(const LetStmt *op) {
  outer[op->name] = op->value;
  return IRMutator::visit(op);
}

Stmt ShrinkRegisters::visit(const Allocate *op) {
  if (op->memory_type != Halide::MemoryType::Register)
    return IRMutator::visit(op);
  Accesses accesses(op->name, outer);
  op->body.accept(&accesses);
  if (!accesses.wrong.empty()) {
    kept.push_back(op->name + ": " + accesses.wrong);
    return IRMutator::visit(op);
  }
  Stmt body = KeepOwnPart(op->name, outer).mutate(op->body);
  return Allocate::make(op->name, op->type, op->memory_type, {Expr(int32_t(accesses.largest + 1))}, op->condition,
                        mutate(body));
}

} // namespace gan
