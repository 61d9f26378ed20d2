// Functions about graphs.
#include "tests/ptx/mock/Driver.h"

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
CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long) {
  return call(__func__, [&](Driver &driver) {
    out(executable) = driver.executables.add(std::make_shared<Executable>(driver.graphs.at(graph)->copy()));
  });
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    std::shared_ptr<Executable> launched = driver.executables.at(executable);
    driver.streams.add(stream, [&driver, launched] { launched->run(driver.memory); });
  });
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return call(__func__, [&](Driver &driver) { driver.executables.take(executable); });
}
