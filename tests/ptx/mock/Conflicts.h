// Whether a graph has all the edges that it needs: of two nodes without an order, none may write what the other
// touches. What nodes touch is what they really accessed when they ran, not what anybody declared.
#pragma once

#include "tests/ptx/mock/Graphs.h"

namespace ptx::mock {

/// Throws Crash with a sentence about the first two nodes that need an edge. `touched` is sorted by address, for each
/// node.
void checkOrder(const std::vector<Node> &nodes, const std::vector<std::vector<Touched>> &touched,
                const DeviceMemory &memory);

} // namespace ptx::mock
