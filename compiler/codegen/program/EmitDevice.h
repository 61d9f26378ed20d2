// Writes the tables of a program's kernels for one kind of GPU. Code and constants are bytes apart from program.c.
#pragma once

#include "compiler/codegen/program/CText.h"
#include "compiler/codegen/program/EmitProgram.h"

namespace gan {

/// A gan_device. What its tables refer to is added to `bytes`, the content of gan_device_code.
std::string emitDevice(CArrays &arrays, const ProgramDevice &device, const std::vector<ProgramKernel> &kernels,
                       std::string &bytes);

} // namespace gan
