#include "runtime/device/gpu/GpuNeed.h"
#include "runtime/device/gpu/GpuCalls.h"

#include <algorithm>
#include <map>

namespace ganrt {
namespace {

uint64_t floatBytes(const gan_layout &layout) {
  uint64_t bytes = 4;
  for (uint32_t d = 0; d < layout.rank; ++d)
    bytes *= uint64_t(layout.shape[d]);
  return bytes;
}

/// Bytes of the gradients that are there at once: those of one step.
uint64_t gradientBytes(const gan_graph &graph) {
  std::map<int32_t, uint64_t> steps;
  uint64_t most = 0;
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (const gan_observation &o = graph.observations[i];
        o.kind == GAN_OBSERVE_GRADIENT && o.address.space == GAN_SPACE_ARENA)
      most = std::max(most, steps[o.step] += floatBytes(o.layout));
  return std::min(most, graph.arena_bytes);
}

std::string sizeText(uint64_t bytes) {
  char text[40];
  bool large = bytes >= uint64_t(1) << 30;
  snprintf(text, sizeof text, large ? "%.1f GiB" : "%.1f MiB", double(bytes) / double(1 << (large ? 30 : 20)));
  return text;
}

/// The batch that fits into so many bytes, with a tenth to spare for what grows in larger pieces.
std::string advice(const GpuNeed &need, uint64_t batch, uint64_t bytes) {
  if (need.fixed >= bytes)
    return "its parameters with their gradients and what their optimizers keep are more than that";
  auto fits = uint64_t(0.9 * double(bytes - need.fixed) / double(need.perBatch) * double(batch));
  return fits ? "a batch of " + std::to_string(fits) + " would fit: ganc build --batch " + std::to_string(fits)
              : "no batch would fit";
}

} // namespace

GpuNeed gpuNeed(const gan_program &program, const gan_device &table) {
  GpuNeed need;
  for (uint32_t g = 0; g < program.num_graphs; ++g)
    if (const gan_graph &graph = program.graphs[g]; graph.kind == GAN_GRAPH_TRAIN) {
      need.fixed = program.state_bytes + gradientBytes(graph);
      need.perBatch = graph.arena_bytes - gradientBytes(graph) + Gpu::slots * GpuSpaces::pieceBytes(program, graph) +
                      GpuCalls::scratchBytes(graph, table.kernels);
    }
  return need;
}

std::string outOfMemoryText(const Gpu &gpu, const gan_program &program, const gan_device &table, size_t bytes) {
  Gpu::MemorySize size = gpu.memorySize();
  GpuNeed need = gpuNeed(program, table);
  uint64_t available = size.unused ? *size.unused + gpu.held : size.all; // if this program had not begun
  std::string text = "out of memory of " + gpu.name() + ": " + sizeText(bytes) + " more are needed, ";
  text += size.unused ? sizeText(*size.unused) + " of " + sizeText(size.all) + " are free"
                      : "it has " + sizeText(size.all) + " in all";
  text +=
      "; training takes " + sizeText(need.fixed + need.perBatch) + " at a batch of " + std::to_string(program.batch);
  if (need.fixed + need.perBatch > available)
    text += ", " + advice(need, program.batch, available);
  return text + "; --device cpu takes the memory of this machine";
}

} // namespace ganrt
