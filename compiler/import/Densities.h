// Distributions and what is computed from them in closed form. Densities are computed from logits and log variances,
// because that is numerically stable.
#pragma once

#include "compiler/import/HostNumbers.h"

namespace gan {

/// A distribution, given by the values that define it. A plain value is `first` alone.
struct Distribution {
  Distribution() = default;
  Distribution(mlir::Value v) : first(v) {}
  Distribution(dsl::OutputKind kind, mlir::Value first, mlir::Value second, const dsl::Number *variance = nullptr)
      : kind(kind), first(first), second(second), variance(variance) {}

  dsl::OutputKind kind = dsl::OutputKind::Value;
  mlir::Value first;                     ///< logits or means
  mlir::Value second;                    ///< log variances of a gaussian; null if the variance is fixed
  const dsl::Number *variance = nullptr; ///< a gaussian's variance, if it is fixed
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
  /// The same for the standard normal distribution.
  mlir::Value standardLogProb(mlir::Value v);
  /// KL(q || p) of two distributions of the same kind, for each element.
  mlir::Value divergence(const Distribution &q, const Distribution &p);
  /// KL(q || N(0, I)) of a gaussian, for each element.
  mlir::Value divergenceFromStandard(const Distribution &q);
  mlir::Value entropy(const Distribution &q); ///< for each element
  mlir::Value expectation(const Distribution &q);
  /// The log variance of a gaussian: its own, or the logarithm of the declared variance.
  mlir::Value logVariance(const Distribution &q);
  /// A sum over all elements of a sample.
  mlir::Value overSample(mlir::Value each);

private:
  OpMaker &ops;
  HostNumbers &numbers;
};

} // namespace gan
