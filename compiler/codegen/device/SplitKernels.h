// Takes apart what several kernels were lowered to together, so that each has its own launches and its own text, as if
// it had been alone.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/device/DeviceCode.h"

namespace gan {

/// `all` is given the operands of all kernels, in order, and then their results. In the parts, functions are named
/// after their kernel's symbol: "k_<hash>_0". Only PTX can be taken apart; other text is that of a single kernel.
std::vector<DeviceCode> splitKernels(const DeviceCode &all, const std::vector<KernelInfo> &kernels, bool isPtx);

} // namespace gan
