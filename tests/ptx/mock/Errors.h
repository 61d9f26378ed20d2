// What a call of the driver may fail with. Inside the mock an error is an exception, which `call` in Driver.h makes a
// number of.
#pragma once

#include "tests/ptx/mock/Cuda.h"

#include <stdexcept>
#include <string>

namespace ptx::mock {

/// An error whose number says all.
struct Failure {
  CUresult code;
};

/// Queued work did what the hardware would not survive: error 700, and a sentence for whoever reads the test's output.
struct Crash : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Names and texts as the real driver has them; null for a number that it does not have.
const char *errorName(CUresult code);
const char *errorText(CUresult code);

/// After these errors a context is of no use any more.
bool isSticky(CUresult code);

inline void require(bool fine, CUresult code = CUDA_ERROR_INVALID_VALUE) {
  if (!fine)
    throw Failure{code};
}
/// Where a result goes.
template <class T> T &out(T *place) {
  require(place != nullptr);
  return *place;
}

} // namespace ptx::mock
