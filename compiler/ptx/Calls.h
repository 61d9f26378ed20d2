// Device functions. A call becomes the body of the function, which is read again at each call with names of its own, so
// that the machine never sees one. Variables in .param that carry values into the function and out of it are registers:
// those of the function are other names for those of its caller.
#pragma once

#include "compiler/ptx/Names.h"
#include "compiler/ptx/Tokens.h"

namespace ptx {

/// Where each function of a text that has a body begins, behind its ".func".
using Functions = std::map<std::string_view, Cursor>;
Functions functionsOf(Cursor in);

struct Call {
  int line;
  std::string name;
  std::vector<std::string_view> results, arguments; ///< names of variables in .param
  std::optional<Instruction> skip; ///< of a call with a guard: leaves the body where that does not hold
};

/// Whether an instruction begins here that is a call, with a guard or without.
bool atCall(const Cursor &in);
Call readCall(Cursor &in, const Names &names);

/// .param TYPE NAME
struct Variable {
  std::string name;
  Type type;
};
Variable readVariable(Cursor &in);

/// Reads the head of a function up to its body and gives its variables the registers of those in the call.
void enterFunction(Cursor &in, const Call &call, const Names &caller, Names &own);

/// From that instruction on stands the body of a function: who returns from it goes on behind it.
void leaveFunction(Kernel &kernel, size_t begin);

} // namespace ptx
