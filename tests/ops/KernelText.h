// One operation as a graph with one kernel, for the tests of kernels.
#pragma once

#include "tests/ops/Cases.h"

#include <gtest/gtest.h>

namespace gan::test {

/// A graph with one kernel that reads a0, a1, .. and computes only this operation.
std::string kernelModule(const OpCase &c);
/// What it is given.
std::vector<Array> kernelOperands(const OpCase &c);
/// The name of a test: "conv_3".
std::string caseName(const testing::TestParamInfo<OpCase> &info);

} // namespace gan::test
