// Runs a kernel of a module. A launch is a grid of blocks, a block is up to 1024 threads with one shared memory, and 32
// threads (lanes) are a warp, which executes each instruction once for all of them. See README.md for what is checked.
#pragma once

#include "compiler/ptx/Module.h"

namespace ptx {

/// Global memory that the kernel may touch: host memory, whose addresses are the kernel's.
struct Buffer {
  uint8_t *host;
  size_t bytes;
  /// Optional, one byte for each byte: nonzero where something was written. Reads of the rest are faults; stores set
  /// it.
  uint8_t *written = nullptr;
};

/// Bytes of global memory, as addresses.
struct Touched {
  uint64_t begin, end;
  bool written; ///< else only read
  bool operator==(const Touched &) const = default;
};

struct Launch {
  std::array<int, 3> grid{1, 1, 1}, block{1, 1, 1}; ///< blocks of the grid, threads of a block: x, y, z
  int sharedBytes = 0;                              ///< dynamic shared memory of a block
  std::vector<uint64_t> arguments;                  ///< one a parameter, as bits; a buffer is its host address
  std::vector<Buffer> memory;                       ///< must not overlap
  bool traffic = true;                              ///< counts sectors and passes
  bool opcodes = false;                             ///< counts by opcode
  bool globalRaces = true;                          ///< reports races in global memory
  bool sharedRaces = true;                 ///< reports races in shared memory, and reads of what nothing wrote there
  bool unwrittenRegisters = true;          ///< reports reads of registers that nothing wrote
  uint64_t maxBlocks = ~uint64_t(0);       ///< of the grid's blocks only that many run, for counting
  uint64_t maxInstructions = 100'000'000;  ///< of a warp; more are an endless loop
  std::vector<Touched> *touched = nullptr; ///< gets what was read and written, by address; wants `globalRaces`
};

/// What a launch did. An instruction is counted once for a warp, whatever its lanes. A sector is 32 bytes of global
/// memory, the least that is moved: an access moves each sector that its lanes touch. Shared memory has 32 banks of
/// 4-byte words, and a pass is one cycle in which each gives one word: lanes that want different words of one bank need
/// several. Accesses of 8 bytes go by half warps, of 16 by quarters.
struct Counts {
  uint64_t warpInstructions = 0, fma = 0, mma = 0;
  uint64_t barriers = 0; ///< that whole blocks passed
  uint64_t globalLoads = 0, globalStores = 0, sectorsLoaded = 0, sectorsStored = 0;
  uint64_t sharedAccesses = 0, sharedPasses = 0, localAccesses = 0;
  std::map<std::string, uint64_t> byOpcode;
  bool operator==(const Counts &) const = default;
};

/// The kernel did what no kernel may do. `what()` says all of it in a line.
struct Fault : std::runtime_error {
  Fault(const std::string &message, std::string why) : std::runtime_error(message), reason(std::move(why)) {}
  std::string reason;                   ///< without the place
  std::string kernel, instruction;      ///< the instruction's text
  int line = 0;                         ///< in the PTX text
  std::array<int, 3> block{}, thread{}; ///< coordinates of the first lane that is at fault
  uint64_t address = 0;                 ///< of the access, in its space; else 0
};

/// Runs a kernel to its end. Blocks run one after the other, x first, so the first fault is always the same one. Throws
/// Fault for what the kernel does, std::invalid_argument for a launch that does not fit it.
Counts run(const Module &module, const std::string &kernel, const Launch &launch);

} // namespace ptx
