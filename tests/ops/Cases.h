// Every operation of the dialect at odd sizes: what the kernel and the gradient tests go through. A coverage test fails
// for an operation without a case.
#pragma once

#include "tests/reference/Interpreter.h"

#include <ostream>
#include <string>
#include <vector>

namespace gan::test {

struct OpCase {
  std::string op;                             ///< without "gan."
  std::string attributes;                     ///< "{dims = array<i64: 1>}"
  std::vector<std::vector<int64_t>> operands; ///< shapes
  std::vector<int64_t> result;
  double lo = -2, hi = 2; ///< of the operands' values
  bool differentiable = true;
  bool linear = false; ///< its second derivative is zero
};

/// What GoogleTest calls it.
inline void PrintTo(const OpCase &c, std::ostream *out) { *out << c.op << c.attributes; }

const std::vector<OpCase> &opCases();

std::string shapeText(const std::vector<int64_t> &shape, const char *element = "f32"); ///< "tensor<3x5xf32>"
/// The operation applied to %a0, %a1, .. giving %r, in generic form.
std::string opText(const OpCase &c);
/// Operand values, the same in every run; multiples of 2^-12, so that single precision holds them exactly.
std::vector<Array> operandValues(const OpCase &c, unsigned seed);

} // namespace gan::test
