// From PTX to a card's machine code with NVIDIA's assembler, where the user has it. Without it a program carries PTX
// alone, which the card's driver compiles when the program first starts.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"

#include <string>

namespace gan {

/// The path of `ptxas`: $GANC_PTXAS, or in PATH, or where CUDA is usually installed, or what tools/setup
/// fetched; "" if there is none.
std::string findAssembler();

/// Assembles the text for an architecture. Temporary files lie in `folder` and are named after `name`. Throws UserError
/// if the assembler refuses the architecture, InternalError if it refuses the text.
DeviceImage assemble(const DeviceCode &code, const std::string &architecture, const std::string &assembler,
                     const std::string &folder, const std::string &name);

/// The first NVIDIA card of this machine, as its driver tells it; two empty texts if there is none.
struct LocalCard {
  std::string architecture; ///< "sm_90"
  std::string name;         ///< "NVIDIA H200"
};
LocalCard cardOfThisMachine();

} // namespace gan
