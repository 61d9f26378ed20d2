// What Halide's PTX lacks: the card that it is for, and how many threads a block has, without which the assembler must
// leave registers for the largest block that there can be.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"

namespace gan {

/// Names the architecture ("sm_90") and adds the number of threads of each launch to its function. Functions that no
/// launch names keep what they have.
void finishPtx(DeviceCode &code, const std::string &architecture);

} // namespace gan
