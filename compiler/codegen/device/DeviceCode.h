// What a GPU needs of one kernel: the text of its device functions, and the launches that make one call. Both are plain
// data, because all sizes of a kernel are fixed when it is compiled; so no GPU runtime of Halide is linked.
#pragma once

#include "Halide.h"
#include <cstdint>
#include <string>
#include <vector>

namespace gan {

/// A buffer that a device function is given.
struct DeviceArgument {
  enum Kind : uint8_t {
    Buffer,   ///< one of the kernel's own arguments, operands first
    Scratch,  ///< memory that lives for one call of the kernel, between its launches
    Constant, ///< a list of numbers that belongs to the kernel's code
  } kind;
  size_t index; ///< into the kernel's arguments, DeviceCode::scratch or DeviceCode::constants
};

/// A grid of blocks of threads that all run the same function.
struct DeviceLaunch {
  std::string function;
  int64_t grid[3] = {1, 1, 1};  ///< blocks along x, y and z
  int64_t block[3] = {1, 1, 1}; ///< threads of a block
  int64_t shared = 0;           ///< bytes of shared memory of a block, beside those that the text itself declares
  std::vector<DeviceArgument> arguments;
};

struct DeviceCode {
  std::string text;                   ///< PTX or OpenCL C
  std::vector<DeviceLaunch> launches; ///< run one after the other
  std::vector<int64_t> scratch;       ///< bytes of each scratch buffer
  std::vector<std::string> constants; ///< content of each constant
};

/// Takes text and launches out of a lowered module with one function, whose text is for the device. Throws
/// std::runtime_error if a size is not a constant or the host would have to compute something: that is a bug of a
/// schedule.
DeviceCode deviceCode(const Halide::Module &module);

} // namespace gan
