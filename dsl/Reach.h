// What reaches what in a model's expressions: data, labels, latents and codes, through lets and blocks.
#pragma once

#include "dsl/Model.h"

#include <map>
#include <set>

namespace gan::dsl {

/// What an expression is computed from.
struct Sources {
  bool data = false; ///< images or vectors of the data, not its labels
  bool labels = false, latents = false;
  bool encoders = false; ///< encoders beneath it
  int decoders = 0;      ///< at most so many one upon another
};

class Reach {
public:
  explicit Reach(const Model &model);

  /// Every expression of the model, once, each before what it is made of, in the order in which they are written.
  const std::vector<ExprPtr> &expressions() const { return all; }
  /// What the expression is computed from, through lets.
  const Sources &of(const Expr &e);
  /// Of the arguments of an application.
  Sources beneath(const Expr &application);
  /// What a let, or a let of one, stands for, and which of its outputs.
  std::pair<const Expr *, int> origin(const Expr &e) const;
  /// Where `e` is a draw of an encoder's output: the application and which output; null where it is something else.
  std::pair<const Expr *, int> drawnFrom(const Expr &e) const;
  /// Whether two expressions are one value. Not known of what is `deepest` below: then they are not.
  bool same(const Expr &a, const Expr &b, int depth = 0);
  static constexpr int deepest = 2000; ///< lets and calls one upon another that are followed, to spare the stack

  /// The distribution that an encoder's codes are held against: p of kl(E(x), p), or of log_prob(p, sample(E(x))). Null
  /// where there is none.
  ExprPtr prior(int encoder, int output) const;
  /// What an output of an application is held against: v of log_prob(P(z), v), of P(z) - v, or of v - P(z). Null where
  /// there is none.
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
  std::map<std::pair<int, int>, ExprPtr> priors; ///< by encoder and output
  std::map<std::pair<const Expr *, const Expr *>, bool> compared;
};

} // namespace gan::dsl
