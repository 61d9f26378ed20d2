// Graphs of launches, copies and events. The edges say what comes before what, and nothing else does: the first launch
// is watched, and tells where an edge is missing (Conflicts.h); later ones run nodes in an order that has little to do
// with the one in which they were added.
#pragma once

#include "tests/ptx/mock/DeviceMemory.h"
#include "tests/ptx/mock/Programs.h"
#include "tests/ptx/mock/Streams.h"

#include <variant>

namespace ptx::mock {

/// A copy of one row between host and device, or within one of them.
struct CopyWork {
  explicit CopyWork(const CUDA_MEMCPY3D &copy, DeviceMemory &memory);
  void run(DeviceMemory &memory) const;
  std::vector<Touched> touched() const;
  CUdeviceptr to, from;
  bool toDevice, fromDevice;
  size_t bytes;
};

/// Marks an event when what it depends on has ended.
struct EventWork {
  std::shared_ptr<Event> event;
};

/// What the mock of NCCL adds (cuMockAdd).
struct ForeignWork {
  explicit ForeignWork(const CUmockWork &work, DeviceMemory &memory);
  std::vector<Touched> touched() const;
  std::string name;
  CUdeviceptr address;
  size_t bytes;
  uint64_t order;
  std::function<bool()> advance;
};

struct Node {
  std::variant<KernelWork, CopyWork, EventWork, ForeignWork> work;
  std::vector<size_t> dependencies; ///< numbers of nodes that were added before
};

/// Runs a kernel on what is allocated; looks for races if it is watched, and says then what it touched if somebody
/// wants to know.
void runKernel(const KernelWork &work, DeviceMemory &memory, bool watched, std::vector<Touched> *touched = nullptr);

class Graph {
public:
  CUgraphNode add(Node node, const CUgraphNode *dependencies, size_t count);
  /// Adds a node behind the last one.
  void append(Node node) {
    if (!nodes.empty())
      node.dependencies.push_back(nodes.size() - 1);
    nodes.push_back(std::make_unique<Node>(std::move(node)));
  }
  std::vector<Node> copy() const;
  /// The one node that it has, without its dependencies. Throws unless there is just one.
  Node single() const;

private:
  std::vector<std::unique_ptr<Node>> nodes;
};

/// A graph that can be launched, which no longer changes with the graph that it was made of.
class Executable {
public:
  explicit Executable(std::vector<Node> nodes);
  /// A launch that has come so far.
  struct Run {
    bool begun = false, watched = false;
    size_t next = 0;
    std::vector<std::vector<Touched>> touched;
  };
  /// Returns whether it has ended.
  bool advance(Run &run, DeviceMemory &memory);

private:
  static bool advance(const Node &node, DeviceMemory &memory, bool watched, std::vector<Touched> &touched);

  std::vector<Node> nodes;
  std::vector<size_t> order;
  bool watched = false; ///< once
};

} // namespace ptx::mock
