// Rules for initial values: `init weight normal(0, 0.02)`, of a file or of one block.
#pragma once

#include "dsl/check/Numbers.h"

namespace gan::dsl {

/// Checks rules for initial values, and finds the rule that holds for a tensor.
class Inits {
public:
  Inits(const std::vector<ast::InitRule> &ofFile, Numbers &numbers, Report &report)
      : ofFile(ofFile), numbers(numbers), report(report) {}

  /// Reports mistakes in the file's rules, which may hold for no tensor at all.
  void checkFile();
  /// The initial values for a kind of tensor: the block's rule overrides the file's, and that the layer's default.
  Init of(ParamRole role, const Init &fallback, const std::vector<ast::InitRule> &ofBlock);

private:
  struct Rule {
    ParamRole role{};
    Init init;
  };
  std::optional<Rule> rule(const ast::InitRule &written);
  std::optional<Init> initialiser(const ast::Expr &e);
  void unknownInitialiser(const ast::Expr &e, const std::string &name);

  const std::vector<ast::InitRule> &ofFile;
  Numbers &numbers;
  Report &report;
};

} // namespace gan::dsl
