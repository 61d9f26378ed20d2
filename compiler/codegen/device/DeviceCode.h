// What a GPU needs of one kernel: the code of its device functions, and the launches that make one call. All of it is
// plain data, because all sizes of a kernel are fixed when it is compiled; so no GPU runtime of Halide is linked.
#pragma once

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

/// Code for one kind of card, made from the text; and for each launch what the assembler says that its function takes.
struct DeviceImage {
  struct Use {
    int64_t registers = 0; ///< of a thread
    int64_t shared = 0;    ///< bytes of a block that the text declares
    int64_t stack = 0;     ///< bytes of a thread that lie in slow memory, spilled registers included
  };
  std::string architecture; ///< "sm_90"
  std::string bytes;
  std::vector<Use> uses;
};

struct DeviceCode {
  std::string text;                   ///< PTX or OpenCL C
  std::vector<DeviceLaunch> launches; ///< run one after the other
  std::vector<int64_t> scratch;       ///< bytes of each scratch buffer
  std::vector<std::string> constants; ///< content of each constant
  std::vector<DeviceImage> images;    ///< of CUDA only, where there is an assembler
};

/// One string with all of it, in which it is kept in files.
std::string packDeviceCode(const DeviceCode &code);
/// Reads what packDeviceCode wrote.
DeviceCode unpackDeviceCode(const std::string &packed);

} // namespace gan
