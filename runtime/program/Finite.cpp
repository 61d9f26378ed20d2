#include "runtime/program/Finite.h"
#include "runtime/program/Layout.h"

#include <cmath>
#include <cstdint>

namespace ganrt {

/// Works on the floats' bits: a float is not finite exactly if all bits of its exponent are set, and integer operations
/// vectorise, while a sum of floats would have to be reordered.
bool finite(const void *memory, size_t count, gan_dtype dtype) {
  if (dtype == GAN_F32) {
    uint32_t broken = 0;
    const auto *bits = static_cast<const uint32_t *>(memory);
    for (size_t i = 0; i < count; ++i)
      broken |= uint32_t((bits[i] & 0x7f800000u) == 0x7f800000u);
    return !broken;
  }
  bool fine = true;
  for (size_t i = 0; dtype == GAN_F64 && i < count; ++i)
    fine &= std::isfinite(static_cast<const double *>(memory)[i]);
  return fine;
}

bool finite(const gan_layout &layout, const void *memory) { return finite(memory, elementsOf(layout), layout.dtype); }

} // namespace ganrt
