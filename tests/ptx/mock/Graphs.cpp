// Builds graphs and runs them.
#include "tests/ptx/mock/Graphs.h"
#include "tests/ptx/mock/Conflicts.h"
#include "tests/ptx/mock/Driver.h"

#include <algorithm>
#include <cstring>
#include <queue>
#include <utility>

namespace ptx::mock {
namespace {

CUdeviceptr addressOf(const void *host) { return CUdeviceptr(reinterpret_cast<uintptr_t>(host)); }
template <class T> T *hostOf(CUdeviceptr address) { return reinterpret_cast<T *>(uintptr_t(address)); }

/// Of the nodes that may run, the one that was added last.
std::vector<size_t> lateFirst(const std::vector<Node> &nodes) {
  std::vector<size_t> missing(nodes.size()), order;
  std::vector<std::vector<size_t>> dependents(nodes.size());
  std::priority_queue<size_t> ready;
  for (size_t n = 0; n < nodes.size(); ++n) {
    missing[n] = nodes[n].dependencies.size();
    for (size_t before : nodes[n].dependencies)
      dependents[before].push_back(n);
    if (!missing[n])
      ready.push(n);
  }
  while (!ready.empty()) {
    size_t n = ready.top();
    ready.pop();
    order.push_back(n);
    for (size_t next : dependents[n])
      if (--missing[next] == 0)
        ready.push(next);
  }
  return order;
}

} // namespace

CopyWork::CopyWork(const CUDA_MEMCPY3D &c, DeviceMemory &memory)
    : toDevice(c.dstMemoryType != CU_MEMORYTYPE_HOST), fromDevice(c.srcMemoryType != CU_MEMORYTYPE_HOST),
      bytes(c.WidthInBytes) {
  require(c.Height == 1 && c.Depth == 1 && c.WidthInBytes != 0);
  require(c.srcMemoryType != CU_MEMORYTYPE_ARRAY && c.dstMemoryType != CU_MEMORYTYPE_ARRAY, CUDA_ERROR_NOT_SUPPORTED);
  require(!(c.srcY | c.srcZ | c.srcLOD | c.dstY | c.dstZ | c.dstLOD), CUDA_ERROR_NOT_SUPPORTED);
  to = (toDevice ? c.dstDevice : addressOf(c.dstHost)) + c.dstXInBytes;
  from = (fromDevice ? c.srcDevice : addressOf(c.srcHost)) + c.srcXInBytes;
  if (toDevice)
    memory.check(to, bytes);
  if (fromDevice)
    memory.check(from, bytes);
}

void CopyWork::run(DeviceMemory &memory) const {
  if (toDevice && fromDevice)
    memory.copy(to, from, bytes);
  else if (toDevice)
    memory.fromHost(to, hostOf<const void>(from), bytes);
  else if (fromDevice)
    memory.toHost(hostOf<void>(to), from, bytes);
  else
    std::memmove(hostOf<void>(to), hostOf<const void>(from), bytes);
}

std::vector<Touched> CopyWork::touched() const {
  std::vector<Touched> list{{from, from + bytes, false}, {to, to + bytes, true}};
  if (to < from)
    std::swap(list[0], list[1]);
  return list;
}

void runKernel(const KernelWork &work, DeviceMemory &memory, bool watched, std::vector<Touched> *touched) {
  process.driver->beginKernel(work.kernel->name);
  Launch launch = work.launch;
  launch.memory = memory.buffers();
  launch.globalRaces = launch.sharedRaces = watched;
  launch.touched = touched;
  ptx::run(*work.module, work.kernel->name, launch);
}

ForeignWork::ForeignWork(const CUmockWork &work, DeviceMemory &memory)
    : name(work.name), address(work.address), bytes(work.bytes),
      order(uint64_t(reinterpret_cast<uintptr_t>(work.order))),
      advance([by = work.advance, data = work.data] { return by(data); }) {
  memory.check(address, bytes);
}

/// The order counts as memory that it writes.
std::vector<Touched> ForeignWork::touched() const {
  std::vector<Touched> list{{address, address + bytes, true}, {order, order + 1, true}};
  if (order < address)
    std::swap(list[0], list[1]);
  return list;
}

CUgraphNode Graph::add(Node node, const CUgraphNode *dependencies, size_t count) {
  require(count == 0 || dependencies != nullptr);
  for (size_t k = 0; k < count; ++k) {
    auto isIt = [&](auto &n) { return n.get() == reinterpret_cast<const Node *>(dependencies[k]); };
    size_t number = size_t(std::find_if(nodes.begin(), nodes.end(), isIt) - nodes.begin());
    require(number < nodes.size());
    require(std::find(node.dependencies.begin(), node.dependencies.end(), number) == node.dependencies.end());
    node.dependencies.push_back(number);
  }
  nodes.push_back(std::make_unique<Node>(std::move(node)));
  return reinterpret_cast<CUgraphNode>(nodes.back().get());
}

std::vector<Node> Graph::copy() const {
  std::vector<Node> result;
  for (auto &node : nodes)
    result.push_back(*node);
  return result;
}

Node Graph::single() const {
  require(nodes.size() == 1, CUDA_ERROR_NOT_SUPPORTED);
  return {nodes[0]->work, {}};
}

Executable::Executable(std::vector<Node> n) : nodes(std::move(n)), order(lateFirst(nodes)) {}

bool Executable::advance(Run &run, DeviceMemory &memory) {
  if (!run.begun) {
    run.begun = true;
    run.watched = !std::exchange(watched, true);
    run.touched.resize(nodes.size());
  }
  // When it is watched, in the order in which nodes were added: if an edge is missing, that is told, and not what comes
  // of it.
  for (; run.next < nodes.size(); ++run.next) {
    size_t n = run.watched ? run.next : order[run.next];
    if (!advance(nodes[n], memory, run.watched, run.touched[n]))
      return false;
  }
  if (run.watched)
    checkOrder(nodes, run.touched, memory);
  return true;
}

bool Executable::advance(const Node &node, DeviceMemory &memory, bool watched, std::vector<Touched> &touched) {
  if (auto *kernel = std::get_if<KernelWork>(&node.work)) {
    runKernel(*kernel, memory, watched, watched ? &touched : nullptr);
  } else if (auto *copy = std::get_if<CopyWork>(&node.work)) {
    copy->run(memory);
    touched = copy->touched();
  } else if (auto *foreign = std::get_if<ForeignWork>(&node.work)) {
    touched = foreign->touched();
    return foreign->advance();
  } else {
    std::get<EventWork>(node.work).event->latest =
        std::make_shared<Recording>(Recording{nullptr, 0, true, false, std::chrono::steady_clock::now()});
  }
  return true;
}

} // namespace ptx::mock
