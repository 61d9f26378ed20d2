#include "runtime/device/gpu/Gpu.h"

#include <stdexcept>
#include <zlib.h>

namespace ganrt {
namespace {

bool meet(const GpuRange &a, const GpuRange &b) {
  return (a.written || b.written) && a.place.buffer == b.place.buffer && a.place.offset < b.place.offset + b.bytes &&
         b.place.offset < a.place.offset + a.bytes;
}

bool meet(const GpuStep &a, const GpuStep &b) {
  if (a.mean && b.mean)
    return true;
  for (const GpuRange &x : a.touched)
    for (const GpuRange &y : b.touched)
      if (meet(x, y))
        return true;
  return false;
}

} // namespace

std::vector<std::vector<uint32_t>> dependencies(const std::vector<GpuStep> &steps) {
  std::vector<std::vector<uint32_t>> direct(steps.size());
  std::vector<std::vector<bool>> before(steps.size()); // all that must have ended, directly or not
  for (size_t i = 0; i < steps.size(); ++i) {
    before[i].resize(i);
    for (size_t j = i; j-- > 0;) { // the latest first: it may wait for the others
      if (before[i][j] || !meet(steps[i], steps[j]))
        continue;
      direct[i].push_back(uint32_t(j));
      before[i][j] = true;
      for (size_t k = 0; k < j; ++k)
        before[i][k] = before[i][k] || before[j][k];
    }
  }
  return direct;
}

std::vector<uint8_t> unpack(const gan_blob &blob, const uint8_t *code) {
  std::vector<uint8_t> bytes(blob.bytes);
  uLongf size = bytes.size();
  if (uncompress(bytes.data(), &size, code + blob.offset, blob.packed) != Z_OK || size != blob.bytes)
    throw std::logic_error("the device code of this program is damaged");
  return bytes;
}

} // namespace ganrt
