// The graphs for using a trained model: sample, reconstruct, encode, decode, likelihood, apply. Each exists only if the
// model has what it needs. Where a block has a moving average, that is what is used.
#pragma once

#include "compiler/import/Expressions.h"
#include "dsl/Uses.h"

namespace gan {

/// Builds the graphs whose values are shown.
class ShownGraphs {
public:
  explicit ShownGraphs(const Declarations &declared) : declared(declared), uses(dsl::usesOf(declared.model)) {}

  /// All of them.
  void build();

private:
  void sample();
  void reconstruct();
  void encode();
  void decode();
  void likelihood();
  void apply();
  void show(GraphKind kind, const std::vector<dsl::ShownValue> &values, const Mode &mode,
            const std::string &label = "");
  void showValue(Graph &graph, Expressions &expressions, const dsl::ShownValue &shown);
  void observe(Graph &graph, ObserveKind kind, const std::string &name, const Distribution &q, const dsl::Shape &shape,
               dsl::Range range, bool picture);

  const Declarations &declared;
  const dsl::Uses uses;
};

} // namespace gan
