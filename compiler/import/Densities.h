// Distributions and what is computed from them in closed form. Densities are computed from logits and log variances,
// because that is numerically stable.
#pragma once

#include "compiler/import/HostNumbers.h"

namespace gan {

/// A distribution, given by the values that define it. A plain value is `first` alone.
struct Distribution {
  Distribution() = default;
  Distribution(mlir::Value v) : first(v) {}
  Distribution(dsl::OutputKind kind, mlir::Value first, mlir::Value second, const dsl::Output *declared = nullptr)
      : kind(kind), first(first), second(second), declared(declared) {}

  dsl::OutputKind kind = dsl::OutputKind::Value;
  mlir::Value first;  ///< logits, locations or log rates
  mlir::Value second; ///< log variances, log scales or log counts; null if there are none or they are given
  const dsl::Output *declared = nullptr; ///< the output that it is; null for a prior
};

/// The logarithm of the softmax along the last dimension.
mlir::Value logSoftmax(OpMaker &ops, mlir::Value logits);
/// The index of the largest element along the last dimension, as a number for each sample.
mlir::Value argmax(OpMaker &ops, mlir::Value scores);

/// Computes densities, divergences and moments of distributions.
class Densities {
public:
  Densities(OpMaker &ops, HostNumbers &numbers) : ops(ops), numbers(numbers) {}

  /// log q(v), summed over a sample.
  mlir::Value logProb(const Distribution &q, mlir::Value v);
  /// log q(v) for each element; those of a categorical are the terms of a sum over its classes.
  mlir::Value logProbEach(const Distribution &q, mlir::Value v);
  /// The same for the standard distribution of a kind: location 0, scale 1.
  mlir::Value standardLogProb(dsl::OutputKind kind, mlir::Value v);
  /// KL(q || p) of two distributions of the same kind, for each element.
  mlir::Value divergence(const Distribution &q, const Distribution &p);
  /// KL(q || p), where p is the standard distribution of the same kind, for each element.
  mlir::Value divergenceFromStandard(const Distribution &q);
  mlir::Value entropy(const Distribution &q); ///< for each element
  mlir::Value expectation(const Distribution &q);
  /// The log variance, log scale or log count: its own, or the logarithm of the one that is given.
  mlir::Value second(const Distribution &q);
  /// A sum over all elements of a sample.
  mlir::Value overSample(mlir::Value each);

private:
  mlir::Value logisticLogProb(const Distribution &q, mlir::Value v);
  mlir::Value pixelLogProb(const Distribution &q, mlir::Value v);
  mlir::Value studentLogProb(const Distribution &q, mlir::Value v);
  mlir::Value negativeBinomialLogProb(const Distribution &q, mlir::Value v);
  mlir::Value laplaceDivergence(const Distribution &q, const Distribution &p);
  /// exp(-second) (v - first)
  mlir::Value standardised(const Distribution &q, mlir::Value v);

  OpMaker &ops;
  HostNumbers &numbers;
};

} // namespace gan
