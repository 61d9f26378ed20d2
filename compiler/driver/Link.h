// The last step: links program.c, the kernels' objects and the runtime into one executable with the system's `cc`, or
// with the compiler for another architecture.
#pragma once

#include "compiler/codegen/Target.h"
#include "compiler/codegen/program/EmitProgram.h"

#include <string>
#include <vector>

namespace gan {

/// Paths of what a trainer is linked with.
struct RuntimeFiles {
  std::string include; ///< folder of program.h
  std::string library; ///< libganrt.a
  std::string halide;  ///< halide_runtime.o
};

/// Throws UserError if the runtime was not built for the architecture.
RuntimeFiles runtimeFiles(const Architecture &architecture);

/// Identifies the linker for the cache by its path, size and time; empty if there is none. `mpi` is the compiler of an
/// MPI, with which the program is linked then; "" for none.
std::string linkerIdentity(const Architecture &architecture, const std::string &mpi);

/// The bytes of the executable. Throws UserError if there is no linker, if it fails, or if the disk is full.
std::string linkProgram(const ProgramFiles &program, const std::vector<std::string> &objects,
                        const Architecture &architecture, const std::string &mpi, const std::string &folder);

} // namespace gan
