// Allocations, and copies that stay within them.
#include "tests/ptx/mock/DeviceMemory.h"

#include <cstdio>
#include <cstring>

namespace ptx::mock {

CUdeviceptr DeviceMemory::allocate(size_t bytes) {
  constexpr size_t alignment = 256;
  require(bytes != 0);
  require(bytes <= total - used, CUDA_ERROR_OUT_OF_MEMORY);
  size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  Allocation a{AlignedBytes(static_cast<uint8_t *>(std::aligned_alloc(alignment, rounded))), Zeros<uint8_t>(bytes),
               bytes};
  require(a.data != nullptr, CUDA_ERROR_OUT_OF_MEMORY);
  std::memset(a.data.get(), 0xff, bytes); // a float that nobody wrote is not a number
  CUdeviceptr address = CUdeviceptr(reinterpret_cast<uintptr_t>(a.data.get()));
  allocations.emplace(address, std::move(a));
  list.clear();
  used += bytes;
  most = std::max(most, used);
  return address;
}

void DeviceMemory::free(CUdeviceptr address) {
  auto found = allocations.find(address);
  require(found != allocations.end());
  used -= found->second.bytes;
  allocations.erase(found);
  list.clear();
}

DeviceMemory::Place DeviceMemory::holding(CUdeviceptr address, size_t bytes) {
  auto after = allocations.upper_bound(address);
  require(after != allocations.begin());
  auto &[begin, a] = *std::prev(after);
  size_t offset = size_t(address - begin);
  require(offset <= a.bytes && bytes <= a.bytes - offset);
  return {a.data.get() + offset, a.written.data() + offset};
}

std::pair<CUdeviceptr, size_t> DeviceMemory::allocationOf(CUdeviceptr address) const {
  auto after = allocations.upper_bound(address);
  require(after != allocations.begin());
  auto &[begin, a] = *std::prev(after);
  require(address - begin < a.bytes);
  return {begin, a.bytes};
}

void DeviceMemory::fromHost(CUdeviceptr to, const void *from, size_t bytes) {
  if (!bytes)
    return;
  Place place = holding(to, bytes);
  std::memcpy(place.data, from, bytes);
  std::memset(place.written, 1, bytes);
}

void DeviceMemory::toHost(void *to, CUdeviceptr from, size_t bytes) {
  if (bytes)
    std::memcpy(to, holding(from, bytes).data, bytes);
}

void DeviceMemory::copy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  if (!bytes)
    return;
  Place target = holding(to, bytes), source = holding(from, bytes);
  std::memmove(target.data, source.data, bytes);
  std::memmove(target.written, source.written, bytes);
}

void DeviceMemory::set(CUdeviceptr to, unsigned char value, size_t bytes) {
  if (!bytes)
    return;
  Place place = holding(to, bytes);
  std::memset(place.data, value, bytes);
  std::memset(place.written, 1, bytes);
}

const std::vector<Buffer> &DeviceMemory::buffers() {
  if (list.size() != allocations.size()) {
    list.clear();
    for (auto &[address, a] : allocations)
      list.push_back({a.data.get(), a.bytes, a.written.data()});
  }
  return list;
}

std::string DeviceMemory::describe(uint64_t begin, uint64_t end) const {
  auto after = allocations.upper_bound(begin);
  bool within = after != allocations.begin() && begin - std::prev(after)->first < std::prev(after)->second.bytes;
  uint64_t origin = within ? std::prev(after)->first : begin;
  char place[32];
  std::snprintf(place, sizeof(place), "0x%llx", static_cast<unsigned long long>(origin));
  if (!within)
    return std::to_string(end - begin) + " bytes at " + place + " outside of what is allocated";
  return "bytes " + std::to_string(begin - origin) + " to " + std::to_string(end - origin) + " of the " +
         std::to_string(std::prev(after)->second.bytes) + " that are allocated at " + place;
}

} // namespace ptx::mock
