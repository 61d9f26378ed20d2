#include "runtime/device/gpu/GpuSpaces.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace ganrt {

/// Parts of an iteration that have numbers of their own: one outside the steps, and one for each repetition of each
/// step.
static size_t mostPhases(const gan_program &program) {
  size_t count = 1;
  for (uint32_t s = 0; s < program.num_steps; ++s)
    count += program.steps[s].times;
  return count;
}

static bool hasRepeatedData(const gan_graph &graph) {
  for (uint32_t i = 0; i < graph.num_inputs; ++i)
    if (graph.inputs[i].kind <= GAN_INPUT_LABEL && graph.inputs[i].step >= 0)
      return true;
  return false;
}

static size_t scalarBytesOf(const gan_graph &graph) { return 8 * size_t(graph.num_scalars); }
static size_t rngBytesOf(const gan_graph &graph) { return 4 * GAN_RNG_WORDS * size_t(graph.num_rngs); }

/// A count and the values of a scalar from there on: as many as there may be updates in the iterations that are under
/// way and the one that is prepared.
static size_t tableBytesOf(const gan_program &program) { return 8 * (2 + (Gpu::slots + 1) * mostPhases(program)); }

/// How many scalars before this one follow a count of updates.
static size_t countedBefore(const gan_graph &graph, uint32_t scalar) {
  return size_t(std::count_if(graph.scalars, graph.scalars + scalar, [](const gan_scalar &s) { return s.count >= 0; }));
}

size_t GpuSpaces::numbersBytesOf(const gan_program &program, const gan_graph &graph) {
  return aligned(scalarBytesOf(graph)) + aligned(rngBytesOf(graph)) +
         aligned(countedBefore(graph, graph.num_scalars) * tableBytesOf(program));
}

GpuSpaces::GpuSpaces(Gpu &gpu, const gan_program &program, const gan_graph &graph, const Spaces &spaces)
    : gpu(gpu), graph(graph), arena(static_cast<const GpuMemory &>(spaces.arena)),
      state(static_cast<const GpuMemory &>(spaces.state)), scalarBytes(scalarBytesOf(graph)),
      rngBytes(rngBytesOf(graph)), tableBytes(tableBytesOf(program)), numbersBytes(numbersBytesOf(program, graph)),
      inputsStart(mostPhases(program) * numbersBytes), inputBytes(aligned(graph.input_bytes)) {
  for (unsigned s = 0; s < Gpu::slots; ++s)
    pieces.push_back(std::make_unique<Piece>(gpu, pieceBytes(program, graph)));
}

size_t GpuSpaces::pieceBytes(const gan_program &program, const gan_graph &graph) {
  size_t numbers = mostPhases(program) * numbersBytesOf(program, graph);
  size_t batches = hasRepeatedData(graph) ? mostPhases(program) : 1;
  return std::max(numbers + batches * aligned(graph.input_bytes), Gpu::alignment);
}

void GpuSpaces::begin(unsigned next) {
  slot = next;
  numbersTaken = inputsTaken = 0;
}

void GpuSpaces::takeInputs(const HostMemory &inputs) {
  ++inputsTaken;
  assert(inputsAt(taken()) + inputBytes <= pieces[slot]->device.size());
  memcpy(pieces[slot]->host.data() + inputsAt(taken()), inputs.data(), std::min(inputBytes, inputs.size()));
  inputsWait = true;
}

void GpuSpaces::takeNumbers(const HostMemory &scalars, const HostMemory &rngs) {
  ++numbersTaken;
  assert(numbersTaken * numbersBytes <= inputsStart);
  uint8_t *to = pieces[slot]->host.data() + numbersAt(taken());
  memcpy(to, scalars.data(), scalarBytes);
  memcpy(to + aligned(scalarBytes), rngs.data(), rngBytes);
  numbersWait = true;
}

GpuPlace GpuSpaces::choices(uint32_t scalar, Taken last) const {
  return {pieces[slot]->device.buffer(),
          numbersAt(last) + aligned(scalarBytes) + aligned(rngBytes) + countedBefore(graph, scalar) * tableBytes};
}

void GpuSpaces::takeChoices(uint32_t scalar, double first, const std::vector<double> &values) {
  assert(8 * (1 + values.size()) <= tableBytes);
  uint8_t *to = pieces[slot]->host.data() + choices(scalar, taken()).offset;
  memcpy(to, &first, sizeof first);
  memcpy(to + sizeof first, values.data(), 8 * values.size());
}

GpuPlace GpuSpaces::place(const gan_address &address, Taken last) const {
  GpuBuffer piece = pieces[slot]->device.buffer();
  switch (address.space) {
  case GAN_SPACE_ARENA:
    return {arena.buffer(), address.offset};
  case GAN_SPACE_STATE:
    return {state.buffer(), address.offset};
  case GAN_SPACE_INPUT:
    return {piece, inputsAt(last) + address.offset};
  case GAN_SPACE_SCALAR:
    return {piece, numbersAt(last) + address.offset};
  case GAN_SPACE_RNG:
    return {piece, numbersAt(last) + aligned(scalarBytes) + address.offset};
  }
  __builtin_unreachable();
}

GpuUpload GpuSpaces::upload() const {
  size_t bytes = inputBytes ? inputsAt(taken()) + inputBytes : numbersTaken * numbersBytes;
  return {{pieces[slot]->device.buffer(), 0}, pieces[slot]->host.data(), bytes};
}

void GpuSpaces::uploadNow() {
  const Piece &piece = *pieces[slot];
  auto send = [&](size_t at, size_t bytes) {
    if (bytes)
      gpu.write({piece.device.buffer(), at}, piece.host.data() + at, bytes);
  };
  if (std::exchange(numbersWait, false))
    send(numbersAt(taken()), numbersBytes);
  if (std::exchange(inputsWait, false))
    send(inputsAt(taken()), inputBytes);
}

} // namespace ganrt
