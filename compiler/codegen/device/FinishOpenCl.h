// What Halide's OpenCL C lacks. A place within a buffer: our tensors lie anywhere in a few large buffers, and
// OpenCL 1.2 has neither pointers that the host can add to nor parts of buffers at any byte. And texts that can be
// joined, because a driver takes long to begin with each.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"

namespace gan {

/// After each buffer a function gets the number of bytes at which the tensor starts in it, as a `ulong`. What the texts
/// of all kernels begin with is read only once where they are joined.
void finishOpenCl(DeviceCode &code);

} // namespace gan
