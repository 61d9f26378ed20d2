// One operation as a graph with one kernel, for the tests of kernels on processors and on GPUs.
#pragma once

#include "compiler/codegen/kernels/KernelBody.h"
#include "tests/ops/Cases.h"

#include <gtest/gtest.h>

namespace gan::test {

/// A few units of single precision: how far a sum may be from the reference, of the largest value.
constexpr double singlePrecision = 4e-6;

/// A case's kernel, what it is given, and what the naive reference makes of that.
class KernelCase {
public:
  explicit KernelCase(const OpCase &c);
  KernelOp kernel() const { return onlyKernel(*canonical); }
  std::string signature() const { return kernelSignature(*canonical); }
  /// The kernel's memory before it runs: operands, and a result that is no number yet.
  std::vector<std::vector<float>> memory() const;
  /// Compares what a kernel has left there with the reference: the difference is at most `limit` of the largest value.
  void expectResult(const std::vector<float> &result, double limit = singlePrecision) const;
  /// Whether expectResult would be content.
  bool agrees(const std::vector<float> &result) const;
  size_t results() const { return expected.data.size(); }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module, canonical;
  std::vector<Array> operands;
  Array expected;
};

/// The name of a test: "conv_3".
std::string caseName(const testing::TestParamInfo<OpCase> &info);

} // namespace gan::test
