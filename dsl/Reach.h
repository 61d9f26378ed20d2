// Finds out what reaches what in a model's expressions: data, labels, latents and codes, through lets and blocks.
#pragma once

#include "dsl/Model.h"

#include <map>
#include <set>

namespace gan::dsl {

/// What an expression is computed from.
struct Sources {
  bool data = false; ///< images or vectors of the data, but not its labels
  bool labels = false, latents = false;
  bool encoders = false; ///< outputs of encoders
  int decoders = 0;      ///< the largest number of decoders that are applied to one another's outputs
};

class Reach {
public:
  explicit Reach(const Model &model);

  /// Every expression of the model once, in the order in which they are written, each before its sub-expressions.
  const std::vector<ExprPtr> &expressions() const { return all; }
  /// What the expression is computed from; lets are followed.
  const Sources &of(const Expr &e);
  /// What the arguments of an application are computed from.
  Sources beneath(const Expr &application);
  /// The expression that a let, or a let of a let, stands for, and which of its outputs.
  std::pair<const Expr *, int> origin(const Expr &e) const;
  /// If `e` is a draw from an encoder's output: the application and which output; null otherwise.
  std::pair<const Expr *, int> drawnFrom(const Expr &e) const;
  /// Whether two expressions have the same value. Expressions that are nested deeper than `deepest` are not compared
  /// and count as different.
  bool same(const Expr &a, const Expr &b, int depth = 0);
  static constexpr int deepest = 2000; ///< how many nested lets and calls are followed, to limit the use of the stack

  /// The distribution that an encoder's codes are compared with: p of kl(E(x), p), or of log_prob(p, sample(E(x))).
  /// Null if there is none.
  ExprPtr prior(int encoder, int output) const;
  /// The value that an output of an application is compared with: v of log_prob(P(z), v), of P(z) - v, or of v - P(z).
  /// Null if there is none.
  ExprPtr target(const Expr &application, int output);

private:
  void list(const ExprPtr &e);
  void findPriors();
  /// Whether `e` is this output of the application, or its expectation.
  bool isOutput(const Expr &e, const Expr &application, int output);

  const Model &model;
  std::vector<ExprPtr> all;
  std::set<const Expr *> seen;
  std::map<const Expr *, Sources> sources;
  std::map<std::pair<int, int>, ExprPtr> priors; ///< prior of each encoder's output
  std::map<std::pair<const Expr *, const Expr *>, bool> compared;
};

} // namespace gan::dsl
