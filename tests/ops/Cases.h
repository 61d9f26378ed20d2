// Cases for every operation of the dialect at odd sizes, which the kernel and the gradient tests use. A coverage test
// fails for an operation without a case.
#pragma once

#include "tests/reference/Interpreter.h"

#include <ostream>
#include <string>
#include <vector>

namespace gan::test {

struct OpCase {
  std::string op;                             ///< the name without "gan."
  std::string attributes;                     ///< "{dims = array<i64: 1>}"
  std::vector<std::vector<int64_t>> operands; ///< shapes
  std::vector<int64_t> result;
  double lo = -2, hi = 2; ///< range of the operands' values
  bool differentiable = true;
  bool linear = false; ///< whether the second derivative is zero
};

/// The name by which GoogleTest shows the case.
inline void PrintTo(const OpCase &c, std::ostream *out) { *out << c.op << c.attributes; }

const std::vector<OpCase> &opCases();

std::string shapeText(const std::vector<int64_t> &shape, const char *element = "f32"); ///< "tensor<3x5xf32>"
/// The text of the operation in generic form; it is applied to %a0, %a1, .. and its result is %r.
std::string opText(const OpCase &c);
/// Operand values, which are the same in every run. They are multiples of 2^-12, so that single precision is exact for
/// them.
std::vector<Array> operandValues(const OpCase &c, unsigned seed);

} // namespace gan::test
