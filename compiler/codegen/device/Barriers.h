// Barriers, at which the threads of a block wait for each other, and the statements between them.
#pragma once

#include "Halide.h"
#include <vector>

namespace gan {

inline bool isBarrier(const Halide::Internal::Stmt &s) {
  const auto *evaluate = s.as<Halide::Internal::Evaluate>();
  const auto *call = evaluate ? evaluate->value.as<Halide::Internal::Call>() : nullptr;
  return call && call->is_intrinsic(Halide::Internal::Call::gpu_thread_barrier);
}

/// Appends the statements of a block, and of blocks in it, to `out`.
inline void flatten(const Halide::Internal::Stmt &s, std::vector<Halide::Internal::Stmt> &out) {
  if (const auto *block = s.as<Halide::Internal::Block>()) {
    flatten(block->first, out);
    flatten(block->rest, out);
  } else {
    out.push_back(s);
  }
}

} // namespace gan
