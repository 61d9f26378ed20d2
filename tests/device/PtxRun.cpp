#include "tests/device/DeviceRun.h"

#include <cstring>
#include <memory>

namespace gan::test {
namespace {

/// Memory as a card gives it: at a multiple of 256 bytes, and with a note for each byte whether somebody wrote it.
class Memory {
public:
  Memory(size_t bytes, const void *content) : bytes(bytes), storage(bytes + 256), written(bytes, content ? 1 : 0) {
    void *start = storage.data();
    size_t space = storage.size();
    data = static_cast<uint8_t *>(std::align(256, bytes, start, space));
    if (content)
      std::memcpy(data, content, bytes);
  }
  ptx::Buffer buffer() { return {data, bytes, written.data()}; }
  size_t bytes;
  uint8_t *data;

private:
  std::vector<uint8_t> storage, written;
};

} // namespace

std::vector<ptx::Counts> runOnPtxMachine(const DeviceCode &code, const DeviceMemory &memory) {
  ptx::Module module = ptx::parse(code.text);
  std::vector<std::unique_ptr<Memory>> buffers[3]; // indexed by DeviceArgument::Kind
  for (std::span<uint8_t> m : memory)
    buffers[DeviceArgument::Buffer].push_back(std::make_unique<Memory>(m.size(), m.data()));
  for (int64_t bytes : code.scratch)
    buffers[DeviceArgument::Scratch].push_back(std::make_unique<Memory>(size_t(bytes), nullptr));
  for (const std::string &content : code.constants)
    buffers[DeviceArgument::Constant].push_back(std::make_unique<Memory>(content.size(), content.data()));
  std::vector<ptx::Counts> counts;
  for (const DeviceLaunch &launch : code.launches) {
    ptx::Launch l;
    for (size_t d = 0; d < 3; ++d)
      l.grid[d] = int(launch.grid[d]), l.block[d] = int(launch.block[d]);
    l.sharedBytes = int(launch.shared);
    for (const DeviceArgument &argument : launch.arguments)
      l.arguments.push_back(uint64_t(reinterpret_cast<uintptr_t>(buffers[argument.kind].at(argument.index)->data)));
    for (auto &kind : buffers)
      for (auto &m : kind)
        l.memory.push_back(m->buffer());
    counts.push_back(ptx::run(module, launch.function, l));
  }
  for (size_t i = 0; i < memory.size(); ++i)
    std::memcpy(memory[i].data(), buffers[DeviceArgument::Buffer][i]->data, memory[i].size());
  return counts;
}

} // namespace gan::test
