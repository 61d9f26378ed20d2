// Takes what a GPU needs out of a module that Halide has lowered.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"

#include "Halide.h"

namespace gan {

/// The text and the launches of a lowered module with one function, whose text is for the device. Throws
/// std::runtime_error if a size is not a constant or the host would have to compute something: that is a bug of a
/// schedule.
DeviceCode deviceCode(const Halide::Module &module);

} // namespace gan
