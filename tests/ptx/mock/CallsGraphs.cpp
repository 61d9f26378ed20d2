// Functions about graphs.
#include "tests/ptx/mock/Driver.h"

#include <utility>

using namespace ptx::mock;

CUresult cuGraphCreate(CUgraph *graph, unsigned flags) {
  return call(__func__, [&](Driver &driver) {
    require(flags == 0);
    out(graph) = driver.graphs.add(std::make_shared<Graph>());
  });
}
CUresult cuGraphDestroy(CUgraph graph) {
  return call(__func__, [&](Driver &driver) { driver.graphs.take(graph); });
}
CUresult cuGraphAddKernelNode_v2(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
                                 const CUDA_KERNEL_NODE_PARAMS_v2 *parameters) {
  return call(__func__, [&](Driver &driver) {
    const CUDA_KERNEL_NODE_PARAMS_v2 &p = out(parameters);
    KernelWork work(*driver.functions.at(p.func), {p.gridDimX, p.gridDimY, p.gridDimZ},
                    {p.blockDimX, p.blockDimY, p.blockDimZ}, p.sharedMemBytes, p.kernelParams, p.extra);
    out(node) = driver.graphs.at(graph)->add({std::move(work), {}}, dependencies, count);
  });
}
CUresult cuGraphAddMemcpyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
                              const CUDA_MEMCPY3D *copy, CUcontext) {
  return call(__func__, [&](Driver &driver) {
    out(node) = driver.graphs.at(graph)->add({CopyWork(out(copy), driver.memory), {}}, dependencies, count);
  });
}
CUresult cuGraphAddEventRecordNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
                                   CUevent event) {
  return call(__func__, [&](Driver &driver) {
    out(node) = driver.graphs.at(graph)->add({EventWork{driver.streams.eventAt(event)}, {}}, dependencies, count);
  });
}
CUresult cuGraphAddChildGraphNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
                                  CUgraph child) {
  return call(__func__, [&](Driver &driver) {
    out(node) = driver.graphs.at(graph)->add(driver.graphs.at(child)->single(), dependencies, count);
  });
}
CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode) {
  return call(__func__, [&](Driver &driver) {
    Stream &captures = *driver.streams.at(stream);
    require(stream != nullptr, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    require(!captures.capture, CUDA_ERROR_ILLEGAL_STATE);
    captures.capture = std::make_shared<Graph>();
  });
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  return call(__func__, [&](Driver &driver) {
    Stream &captures = *driver.streams.at(stream);
    require(captures.capture != nullptr, CUDA_ERROR_ILLEGAL_STATE);
    out(graph) = driver.graphs.add(std::exchange(captures.capture, nullptr));
  });
}
CUresult cuMockAdd(CUstream stream, const CUmockWork *work, bool *captured) {
  return call(__func__, [&](Driver &driver) {
    ForeignWork foreign(out(work), driver.memory);
    const std::shared_ptr<Graph> &capture = driver.streams.at(stream)->capture;
    out(captured) = capture != nullptr;
    driver.runByItself();
    if (capture)
      capture->append({std::move(foreign), {}});
    else
      driver.streams.add(stream, Work(foreign.advance));
  });
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long) {
  return call(__func__, [&](Driver &driver) {
    out(executable) = driver.executables.add(std::make_shared<Executable>(driver.graphs.at(graph)->copy()));
  });
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    std::shared_ptr<Executable> launched = driver.executables.at(executable);
    auto run = std::make_shared<Executable::Run>();
    driver.streams.add(stream, Work([&driver, launched, run] { return launched->advance(*run, driver.memory); }));
  });
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return call(__func__, [&](Driver &driver) { driver.executables.take(executable); });
}
