// Lowering passes that Halide 21 lacks. Halide runs them last, just before it takes the device's part out, when loops
// over blocks and threads, memory and barriers are all visible.
#pragma once

#include "Halide.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gan {

/// Memory in registers that is allocated outside the loops over threads has room for all threads, and each thread would
/// get all of it, far more than there are registers. Where every access is `own part + f(thread)` with the same f, the
/// own part is all that a thread needs. What cannot be shrunk so is named in `kept`: it would lie in slow memory, so a
/// schedule that causes it is wrong.
class ShrinkRegisters : public Halide::Internal::IRMutator {
public:
  std::vector<std::string> kept;

private:
  using IRMutator::visit;
  using Lets = std::map<std::string, Halide::Expr>;
  Halide::Internal::Stmt visit(const Halide::Internal::LetStmt *op) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *op) override;
  Lets outer; ///< what names that stand further out mean
};

/// Halide puts a barrier between any two statements of a block. One between two stages that only fill shared memory, of
/// which neither reads what the other writes, does nothing but wait.
class SinkBarriers : public Halide::Internal::IRMutator {
  using IRMutator::visit;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *op) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Block *op) override;
  std::set<std::string> shared; ///< names of shared memory
};

/// Overlaps copies to shared memory with arithmetic, in loops with the name of `pipelinedLoop`. Such a loop copies a
/// chunk to shared memory, waits, computes with it, and waits again. Afterwards it loads the next chunk into registers,
/// computes with this one, and stores the next into another half of the shared memory, which is twice as large; so it
/// waits once. Runs after SinkBarriers, so that there are two phases. A loop that cannot be changed is named in `kept`.
class PipelineStages : public Halide::Internal::IRMutator {
public:
  std::vector<std::string> kept;

private:
  using IRMutator::visit;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *op) override;
  Halide::Internal::Stmt visit(const Halide::Internal::For *op) override;
  std::map<std::string, int32_t> shared; ///< elements of half of a shared memory, by its name
  std::set<std::string> doubled;         ///< those that a loop uses both halves of
};

} // namespace gan
