// What Halide's OpenCL C lacks: a place within a buffer. Our tensors lie anywhere in a few large buffers, and OpenCL
// 1.2 has neither pointers that the host can add to nor parts of buffers at any byte.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"

namespace gan {

/// After each buffer a function gets the number of bytes at which the tensor starts in it, as a `ulong`.
void finishOpenCl(DeviceCode &code);

} // namespace gan
