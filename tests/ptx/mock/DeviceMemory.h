// The memory of the card: allocations in host memory, whose addresses are the card's, with a note for each byte whether
// something wrote it. Kernels may not read the others; copies to the host may, copies on the card take the note along.
#pragma once

#include "compiler/ptx/Machine.h"
#include "compiler/ptx/Warp.h"
#include "tests/ptx/mock/Errors.h"

namespace ptx::mock {

class DeviceMemory {
public:
  explicit DeviceMemory(size_t bytes) : total(bytes) {}

  CUdeviceptr allocate(size_t bytes);
  void free(CUdeviceptr address);

  /// The start and the size of the allocation that an address lies in.
  std::pair<CUdeviceptr, size_t> allocationOf(CUdeviceptr address) const;
  /// Throws unless the range lies within one allocation.
  void check(CUdeviceptr address, size_t bytes) { bytes ? void(holding(address, bytes)) : void(); }
  void fromHost(CUdeviceptr to, const void *from, size_t bytes);
  void toHost(void *to, CUdeviceptr from, size_t bytes);
  void copy(CUdeviceptr to, CUdeviceptr from, size_t bytes);
  void set(CUdeviceptr to, unsigned char value, size_t bytes);

  /// All allocations, by address.
  const std::vector<Buffer> &buffers();
  /// "bytes 4 to 8 of the 64 that are allocated at 0x7000"
  std::string describe(uint64_t begin, uint64_t end) const;
  size_t allocated() const { return used; }
  size_t peak() const { return most; }
  const size_t total;

private:
  struct Allocation {
    AlignedBytes data;
    Zeros<uint8_t> written;
    size_t bytes;
  };
  struct Place {
    uint8_t *data, *written;
  };
  Place holding(CUdeviceptr address, size_t bytes);

  std::map<CUdeviceptr, Allocation> allocations;
  std::vector<Buffer> list; ///< of the allocations; empty: to be made again
  size_t used = 0, most = 0;
};

} // namespace ptx::mock
