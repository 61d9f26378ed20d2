// The driver's errors by number.
#include "tests/ptx/mock/Errors.h"

namespace ptx::mock {
namespace {

struct Row {
  CUresult code;
  bool sticky;
  const char *name, *text;
};

constexpr Row rows[] = {
    {0, false, "CUDA_SUCCESS", "no error"},
    {1, false, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, false, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, false, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {4, false, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    {100, false, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, false, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, false, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, false, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, false, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {214, true, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {218, false, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {221, false, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"},
    {222, false, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {304, false, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {400, false, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {401, false, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {500, false, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, false, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, true, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, false, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, true, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {709, false, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {715, true, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
    {716, true, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, true, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {801, false, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {802, false, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, false, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
     "system has unsupported display driver / cuda driver combination"},
    {900, false, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {999, false, "CUDA_ERROR_UNKNOWN", "unknown error"}};

const Row *find(CUresult code) {
  for (const Row &row : rows)
    if (row.code == code)
      return &row;
  return nullptr;
}

} // namespace

const char *errorName(CUresult code) {
  const Row *row = find(code);
  return row ? row->name : nullptr;
}
const char *errorText(CUresult code) {
  const Row *row = find(code);
  return row ? row->text : nullptr;
}
bool isSticky(CUresult code) {
  const Row *row = find(code);
  return row && row->sticky;
}

} // namespace ptx::mock
