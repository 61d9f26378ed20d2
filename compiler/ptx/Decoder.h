// One instruction of the text becomes an Instruction: a row of the table in Opcodes.cpp says what operands an opcode
// has and which modifiers, the operands become slots, and the function comes from Handlers.h.
#pragma once

#include "compiler/ptx/Names.h"
#include "compiler/ptx/Tokens.h"

namespace ptx {

/// The label of a branch, whose place is known at the end of the kernel.
struct Jump {
  size_t instruction;
  std::string label;
  int line;
};

/// Reads an instruction through its ";" and appends it to the kernel.
void decode(Cursor &in, Names &names, Kernel &kernel, std::vector<Jump> &jumps);

} // namespace ptx
