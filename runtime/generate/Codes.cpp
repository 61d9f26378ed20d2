#include "runtime/generate/Codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ganrt {
namespace {

/// Finds the one-to-one assignment of n rows to n columns with the smallest sum of costs, by shortest augmenting paths
/// with potentials (Kuhn 1955, Jonker & Volgenant 1987); returns that sum.
double cheapestAssignment(const std::vector<double> &cost, size_t n) {
  const double inf = std::numeric_limits<double>::infinity();
  std::vector<double> rowPotential(n + 1), columnPotential(n + 1);
  std::vector<size_t> rowOf(n + 1); // row of each column, counted from 1; column 0 has the row to be assigned
  for (size_t row = 1; row <= n; ++row) {
    std::vector<double> slack(n + 1, inf);
    std::vector<size_t> before(n + 1);
    std::vector<bool> reached(n + 1);
    size_t column = 0;
    for (rowOf[0] = row; rowOf[column];) {
      reached[column] = true;
      size_t next = 0;
      double least = inf;
      for (size_t j = 1; j <= n; ++j) {
        if (reached[j])
          continue;
        double reduced = cost[(rowOf[column] - 1) * n + j - 1] - rowPotential[rowOf[column]] - columnPotential[j];
        if (reduced < slack[j])
          slack[j] = reduced, before[j] = column;
        if (slack[j] < least)
          least = slack[j], next = j;
      }
      for (size_t j = 0; j <= n; ++j)
        if (reached[j])
          rowPotential[rowOf[j]] += least, columnPotential[j] -= least;
        else
          slack[j] -= least;
      column = next;
    }
    for (; column; column = before[column])
      rowOf[column] = rowOf[before[column]];
  }
  return -columnPotential[0];
}

} // namespace

double CodeTable::error() const {
  double right = 0;
  for (size_t c = 0; c < std::min(codes, classes); ++c)
    right += share(c, c);
  return total ? 1 - right : 0;
}

double CodeTable::matchedError() const {
  size_t n = std::max(codes, classes);
  std::vector<double> cost(n * n);
  for (size_t c = 0; c < codes; ++c)
    for (size_t l = 0; l < classes; ++l)
      cost[c * n + l] = -double(counts[c * classes + l]);
  return total ? 1 + cheapestAssignment(cost, n) / double(total) : 0;
}

double CodeTable::information() const {
  double sum = 0;
  for (size_t c = 0; c < codes && total; ++c) {
    double code = 0;
    for (size_t l = 0; l < classes; ++l)
      code += share(c, l);
    for (size_t l = 0; l < classes; ++l) {
      double label = 0;
      for (size_t other = 0; other < codes; ++other)
        label += share(other, l);
      if (double p = share(c, l); p > 0)
        sum += p * std::log(p / (code * label));
    }
  }
  return sum;
}

} // namespace ganrt
