// Functions of the language: those of distributions, sums and norms, gradients, and element-wise ones. Their arguments
// are expressions again, which Expressions evaluates.
#pragma once

#include "compiler/import/Densities.h"
#include "compiler/import/Graph.h"

namespace gan {

class Expressions;

/// Evaluates calls.
class Functions {
public:
  Functions(Graph &graph, Expressions &expressions)
      : graph(graph), ops(graph.ops), expressions(expressions), densities(graph.ops, graph.numbers) {}

  Distribution call(const dsl::Expr &e);

private:
  mlir::Value elementFunction(const dsl::Expr &e);
  mlir::Value logProb(const dsl::Expr &e);
  mlir::Value divergence(const dsl::Expr &e);
  mlir::Value entropy(const dsl::Expr &e);
  mlir::Value perplexityOf(const dsl::Expr &e);
  mlir::Value sample(const dsl::Expr &e);
  mlir::Value standardDraw(const Distribution &q, const std::string &purpose);
  mlir::Value total(const dsl::Expr &e, mlir::Value v);
  mlir::Value norm(const dsl::Expr &e);
  mlir::Value batchMean(const dsl::Expr &e);
  mlir::Value gradient(const dsl::Expr &e);
  mlir::Value relaxedSample(const dsl::Expr &e, const Distribution &q, const std::string &purpose);
  mlir::Value logMeanExp(const dsl::Expr &e);

  Graph &graph;
  OpMaker &ops;
  Expressions &expressions;
  Densities densities;
};

} // namespace gan
