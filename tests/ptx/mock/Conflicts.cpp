// Compares all pairs of nodes without an order.
#include "tests/ptx/mock/Conflicts.h"

#include <optional>

namespace ptx::mock {
namespace {

/// For each node those that surely come before it.
std::vector<std::vector<bool>> ancestorsOf(const std::vector<Node> &nodes) {
  std::vector<std::vector<bool>> ancestors;
  for (const Node &node : nodes) {
    std::vector<bool> mine(nodes.size());
    for (size_t before : node.dependencies) {
      mine[before] = true;
      for (size_t k = 0; k < before; ++k)
        if (ancestors[before][k])
          mine[k] = true;
    }
    ancestors.push_back(std::move(mine));
  }
  return ancestors;
}

/// Bytes that two nodes touch and at least one of them writes.
struct Conflict {
  uint64_t begin, end;
  bool firstWrites, secondWrites;
};

std::optional<Conflict> conflictOf(const std::vector<Touched> &first, const std::vector<Touched> &second) {
  for (auto a = first.begin(), b = second.begin(); a != first.end() && b != second.end();) {
    if (std::max(a->begin, b->begin) < std::min(a->end, b->end) && (a->written || b->written))
      return Conflict{std::max(a->begin, b->begin), std::min(a->end, b->end), a->written, b->written};
    ++(a->end < b->end ? a : b);
  }
  return std::nullopt;
}

std::string nameOf(const std::vector<Node> &nodes, size_t number) {
  auto *kernel = std::get_if<KernelWork>(&nodes[number].work);
  auto *foreign = std::get_if<ForeignWork>(&nodes[number].work);
  return std::to_string(number) + " (" +
         (kernel                                                 ? kernel->kernel->name
          : foreign                                              ? foreign->name
          : std::holds_alternative<CopyWork>(nodes[number].work) ? "copy"
                                                                 : "event") +
         ")";
}

} // namespace

void checkOrder(const std::vector<Node> &nodes, const std::vector<std::vector<Touched>> &touched,
                const DeviceMemory &memory) {
  std::vector<std::vector<bool>> ancestors = ancestorsOf(nodes);
  for (size_t second = 0; second < nodes.size(); ++second)
    for (size_t first = 0; first < second; ++first) {
      if (ancestors[second][first])
        continue;
      if (std::optional<Conflict> c = conflictOf(touched[first], touched[second]))
        throw Crash("an edge is missing between nodes " + nameOf(nodes, first) + " and " + nameOf(nodes, second) +
                    " of a graph: node " + std::to_string(first) + (c->firstWrites ? " writes " : " reads ") +
                    memory.describe(c->begin, c->end) + ", which node " + std::to_string(second) +
                    (c->secondWrites ? " writes" : " reads"));
    }
}

} // namespace ptx::mock
