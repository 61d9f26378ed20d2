// Graphs with the edges that they need, and with one too few.
#include "tests/ptx/mock/Loaded.h"

#include <atomic>

namespace ptx::mock::test {
namespace {

using Floats = std::vector<float>;
using Nodes = std::vector<CUgraphNode>;

struct Drawn : Card {
  Drawn() { EXPECT_EQ(cuGraphCreate(&graph, 0), 0); }

  CUgraphNode sum(CUdeviceptr to, CUdeviceptr a, CUdeviceptr b, const Nodes &after, unsigned threads = 4) {
    return kernel("sum", to, a, b, after, threads);
  }
  CUgraphNode kernel(const char *name, CUdeviceptr to, CUdeviceptr a, CUdeviceptr b, const Nodes &after,
                     unsigned threads) {
    void *parameters[] = {&to, &a, &b}; // gone after this: the node has a copy
    CUDA_KERNEL_NODE_PARAMS_v2 p{function(name), 1, 1, 1, threads, 1, 1, 0, parameters, nullptr, nullptr, nullptr};
    CUgraphNode node = nullptr;
    EXPECT_EQ(cuGraphAddKernelNode_v2(&node, graph, after.data(), after.size(), &p), 0);
    return node;
  }
  CUgraphNode copy(CUDA_MEMCPY3D copy, const Nodes &after) {
    copy.WidthInBytes = 16, copy.Height = copy.Depth = 1;
    CUgraphNode node = nullptr;
    EXPECT_EQ(cuGraphAddMemcpyNode(&node, graph, after.data(), after.size(), &copy, nullptr), 0);
    return node;
  }
  CUgraphNode toDevice(CUdeviceptr to, const void *from, const Nodes &after) {
    CUDA_MEMCPY3D c{};
    c.srcMemoryType = CU_MEMORYTYPE_HOST, c.srcHost = from;
    c.dstMemoryType = CU_MEMORYTYPE_DEVICE, c.dstDevice = to;
    return copy(c, after);
  }
  CUgraphNode toHost(void *to, CUdeviceptr from, const Nodes &after) {
    CUDA_MEMCPY3D c{};
    c.srcMemoryType = CU_MEMORYTYPE_DEVICE, c.srcDevice = from;
    c.dstMemoryType = CU_MEMORYTYPE_HOST, c.dstHost = to;
    return copy(c, after);
  }
  CUgraphExec instantiate() {
    CUgraphExec executable = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&executable, graph, 0), 0);
    return executable;
  }
  /// What a launch of the graph tells: empty if it goes well.
  std::string launch() {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(cuGraphLaunch(instantiate(), nullptr), 0);
    CUresult result = cuCtxSynchronize();
    std::string told = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(result, told.empty() ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS);
    return told;
  }
  CUgraph graph = nullptr;
};

TEST(MockGraphs, RunInAnyOrderThatTheEdgesAllow) {
  Drawn card;
  Floats in{1, 2, 3, 4}, out(4);
  CUdeviceptr a = card.allocate(4), b = card.allocate(4), c = card.allocate(4);
  CUgraphNode first = card.toDevice(a, in.data(), {});
  CUgraphNode left = card.sum(b, a, a, {first}), right = card.sum(c, a, a, {first});
  card.toHost(out.data(), b, {card.sum(b, b, c, {left, right})});
  CUgraphExec executable = card.instantiate();
  EXPECT_EQ(card.cuGraphDestroy(card.graph), 0); // what can be launched stays
  for (int launch = 0; launch < 3; ++launch) {
    in[0] = float(launch);
    EXPECT_EQ(card.cuGraphLaunch(executable, nullptr), 0);
    EXPECT_EQ(card.cuCtxSynchronize(), 0);
    EXPECT_EQ(out, (Floats{4 * float(launch), 8, 12, 16}));
  }
  EXPECT_EQ(card.cuGraphExecDestroy(executable), 0);
  EXPECT_EQ(card.cuGraphLaunch(executable, nullptr), CUDA_ERROR_INVALID_HANDLE);
}

TEST(MockGraphs, TellWhichEdgeIsMissing) {
  Drawn card;
  CUdeviceptr a = card.of({1, 2, 3, 4}), b = card.allocate(4), c = card.allocate(4);
  CUgraphNode first = card.sum(b, a, a, {});
  card.sum(c, b, a, {}); // not after the first one
  card.sum(a, c, c, {first});
  std::string told = card.launch();
  EXPECT_EQ(
      told.find("mock libcuda: cuCtxSynchronize: an edge is missing between nodes 0 (sum) and 1 (sum) of a graph: "
                "node 0 writes bytes 0 to 16 of the 16 that are allocated at 0x"),
      0u)
      << told;
  EXPECT_NE(told.find(", which node 1 reads\n"), std::string::npos) << told;
}

TEST(MockGraphs, OverwritingNeedsAnEdgeToo) {
  for (bool edge : {false, true}) {
    Drawn card;
    CUdeviceptr a = card.of({1, 2, 3, 4}), b = card.allocate(4);
    CUgraphNode first = card.sum(b, a, a, {});
    CUgraphNode other = card.sum(card.allocate(4), a, a, {first}); // an edge by way of another node is enough
    card.sum(a, b, b, {edge ? other : first});
    std::string told = card.launch();
    EXPECT_EQ(told.empty(), edge) << told;
    EXPECT_EQ(told.find("nodes 1 (sum) and 2 (sum)") == std::string::npos, edge) << told;
  }
}

TEST(MockGraphs, BytesThatAreNotTheSameNeedNoEdge) {
  Drawn card;
  CUdeviceptr a = card.of(Floats(8, 1)), b = card.allocate(8);
  card.sum(b, a, a, {}, 3);
  card.sum(b + 12, a, a, {}, 5);
  EXPECT_EQ(card.launch(), "");
  EXPECT_EQ(card.at(b, 8), Floats(8, 2));
}

TEST(MockGraphs, CopiesAreCheckedToo) {
  Drawn card;
  Floats in{1, 2, 3, 4};
  CUdeviceptr a = card.of({0, 0, 0, 0}), b = card.allocate(4);
  card.toDevice(a, in.data(), {});
  card.sum(b, a, a, {});
  EXPECT_NE(card.launch().find("nodes 0 (copy) and 1 (sum)"), std::string::npos);
}

/// What nodes touch may depend on data, so that the first launch does not show a missing edge.
TEST(MockGraphs, LaterLaunchesRunLateNodesFirst) {
  Drawn card;
  CUdeviceptr to = card.of({0, 0}), index = card.of({0}), other = card.of({0}), values = card.of({1, 2});
  EXPECT_EQ(card.cuMemsetD8_v2(other, 1, 1), 0); // the number 1
  card.kernel("put", to, index, values, {}, 1);
  card.kernel("put", to, other, values + 4, {}, 1);
  CUgraphExec executable = card.instantiate();
  EXPECT_EQ(card.cuGraphLaunch(executable, nullptr), 0);
  EXPECT_EQ(card.at(to, 2), (Floats{1, 2}));
  EXPECT_EQ(card.cuMemsetD8_v2(other, 0, 4), 0);
  EXPECT_EQ(card.cuGraphLaunch(executable, nullptr), 0);
  EXPECT_EQ(card.at(to, 2), (Floats{1, 2})); // the node that was added first ran last
}

TEST(MockGraphs, NodesThatAreRefused) {
  Drawn card;
  CUdeviceptr a = card.of({1, 2, 3, 4});
  CUgraphNode node = card.sum(a, a, a, {}), other = nullptr;
  CUDA_MEMCPY3D c{};
  c.srcMemoryType = c.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  c.srcDevice = a, c.dstDevice = a + 8, c.Height = c.Depth = 1, c.WidthInBytes = 8;
  auto add = [&](const Nodes &after) {
    return card.cuGraphAddMemcpyNode(&other, card.graph, after.data(), after.size(), &c, nullptr);
  };
  EXPECT_EQ(add({node}), 0);
  EXPECT_EQ(add({node, node}), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(add({reinterpret_cast<CUgraphNode>(&c)}), CUDA_ERROR_INVALID_VALUE);
  c.WidthInBytes = 9;
  EXPECT_EQ(add({node}), CUDA_ERROR_INVALID_VALUE);
  c.WidthInBytes = 8, c.Height = 2;
  EXPECT_EQ(add({node}), CUDA_ERROR_INVALID_VALUE);
}

/// Work as the mock of NCCL gives it, which ends when `peers` are there: it then doubles the floats.
struct Foreign {
  Foreign(Drawn &card, CUdeviceptr memory, const void *order) : card(card), memory(memory), order(order) {}
  bool add(CUstream stream) {
    CUmockWork work{"mean", memory, 16, order, advance, this};
    bool captured = false;
    EXPECT_EQ(card.cuMockAdd(stream, &work, &captured), 0);
    return captured;
  }
  /// As a node of the graph, by way of a capture.
  CUgraphNode node(CUstream stream, const Nodes &after) {
    CUgraph graph = nullptr;
    CUgraphNode node = nullptr;
    EXPECT_EQ(card.cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED), 0);
    EXPECT_TRUE(add(stream));
    EXPECT_EQ(card.cuStreamEndCapture(stream, &graph), 0);
    EXPECT_EQ(card.cuGraphAddChildGraphNode(&node, card.graph, after.data(), after.size(), graph), 0);
    EXPECT_EQ(card.cuGraphDestroy(graph), 0);
    return node;
  }
  static bool advance(void *data) {
    auto &self = *static_cast<Foreign *>(data);
    for (int i = 0; self.peers && i < 4; ++i)
      reinterpret_cast<float *>(uintptr_t(self.memory))[i] *= 2;
    return self.peers;
  }
  Drawn &card;
  CUdeviceptr memory;
  const void *order;
  std::atomic<bool> peers = true;
};

TEST(MockGraphs, WorkOfOthersIsANode) {
  Drawn card;
  CUstream stream = nullptr;
  EXPECT_EQ(card.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
  CUdeviceptr a = card.of({1, 2, 3, 4});
  Foreign mean(card, a, &card);
  mean.node(stream, {card.sum(a, a, a, {})});
  EXPECT_EQ(card.launch(), "");
  EXPECT_EQ(card.at(a, 4), (Floats{4, 8, 12, 16}));
  EXPECT_FALSE(mean.add(stream)); // outside of a capture it runs by itself
  EXPECT_EQ(card.cuStreamSynchronize(stream), 0);
  EXPECT_EQ(card.at(a, 4), (Floats{8, 16, 24, 32}));
}

TEST(MockGraphs, WorkOfOthersHasAnOrder) {
  for (bool edge : {false, true}) {
    Drawn card;
    CUstream stream = nullptr;
    EXPECT_EQ(card.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
    Foreign first(card, card.of({1, 2, 3, 4}), &card), second(card, card.of({1, 2, 3, 4}), &card);
    CUgraphNode node = first.node(stream, {});
    second.node(stream, edge ? Nodes{node} : Nodes{});
    EXPECT_EQ(card.launch().find("an edge is missing between nodes 0 (mean) and 1 (mean)") == std::string::npos, edge);
  }
}

TEST(MockGraphs, WorkThatWaitsForOthersIsNotReady) {
  Drawn card;
  CUstream stream = nullptr;
  CUevent event = nullptr;
  EXPECT_EQ(card.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
  EXPECT_EQ(card.cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), 0);
  CUdeviceptr a = card.of({1, 2, 3, 4});
  Foreign mean(card, a, &card);
  mean.peers = false;
  mean.node(stream, {});
  EXPECT_EQ(card.cuGraphLaunch(card.instantiate(), stream), 0);
  EXPECT_EQ(card.cuEventRecord(event, stream), 0);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(card.cuEventQuery(event), CUDA_ERROR_NOT_READY);
  mean.peers = true;
  while (card.cuEventQuery(event) == CUDA_ERROR_NOT_READY) {
  }
  EXPECT_EQ(card.cuEventQuery(event), 0);
  EXPECT_EQ(card.at(a, 4), (Floats{2, 4, 6, 8}));
}

TEST(MockGraphs, CapturesTakeNothingElse) {
  Drawn card;
  CUstream stream = nullptr;
  CUgraph graph = nullptr;
  EXPECT_EQ(card.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
  EXPECT_EQ(card.cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_RELAXED),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(card.cuStreamEndCapture(stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_EQ(card.cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED), 0);
  EXPECT_EQ(card.cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_ERROR_ILLEGAL_STATE);
  CUdeviceptr a = card.of({1, 2}), base = 0;
  size_t size = 0;
  EXPECT_EQ(card.Card::launch("sum", 2, {a, a, a}, stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(card.cuMemGetAddressRange_v2(&base, &size, a + 4), 0);
  EXPECT_EQ(base, a);
  EXPECT_EQ(size, 8u);
}

TEST(MockGraphs, EventsMeasureWhatLiesBetweenThem) {
  Card card;
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  CUgraphNode first = nullptr, second = nullptr, third = nullptr;
  CUevent begin = nullptr, end = nullptr;
  CUdeviceptr a = card.of({1, 2}), to = card.allocate(2);
  void *parameters[] = {&to, &a, &a};
  CUDA_KERNEL_NODE_PARAMS_v2 sum{card.function("sum"), 1, 1, 1, 2, 1, 1, 0, parameters, nullptr, nullptr, nullptr};
  EXPECT_EQ(card.cuEventCreate(&begin, 0), 0);
  EXPECT_EQ(card.cuEventCreate(&end, 0), 0);
  EXPECT_EQ(card.cuGraphCreate(&graph, 0), 0);
  EXPECT_EQ(card.cuGraphAddEventRecordNode(&first, graph, nullptr, 0, begin), 0);
  EXPECT_EQ(card.cuGraphAddKernelNode_v2(&second, graph, &first, 1, &sum), 0);
  EXPECT_EQ(card.cuGraphAddEventRecordNode(&third, graph, &second, 1, end), 0);
  EXPECT_EQ(card.cuGraphInstantiateWithFlags(&executable, graph, 0), 0);
  float milliseconds = -1;
  EXPECT_EQ(card.cuEventElapsedTime(&milliseconds, begin, end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(card.cuGraphLaunch(executable, nullptr), 0);
  EXPECT_EQ(card.cuCtxSynchronize(), 0);
  EXPECT_EQ(card.cuEventElapsedTime(&milliseconds, begin, end), 0);
  EXPECT_GT(milliseconds, 0);
  EXPECT_EQ(card.at(to, 2), (std::vector<float>{2, 4}));
}

} // namespace
} // namespace ptx::mock::test
