// Where the tensors of a graph lie on a GPU. What the host writes in an iteration is uploaded in one piece: numbers and
// keys once for each part of the iteration that has its own (a phase), then the batches. There are two such pieces, so
// that one can be written while the GPU reads the other.
#pragma once

#include "runtime/device/gpu/GpuMemory.h"

namespace ganrt {

class GpuSpaces {
public:
  GpuSpaces(Gpu &gpu, const gan_program &program, const gan_graph &graph, const Spaces &spaces);

  /// The bytes of one of the pieces that a graph is given.
  static size_t pieceBytes(const gan_program &program, const gan_graph &graph);

  /// An iteration begins; the next pieces are those of `slot`.
  void begin(unsigned slot);
  void takeInputs(const HostMemory &inputs);
  void takeNumbers(const HostMemory &scalars, const HostMemory &rngs);
  /// What was taken last since `begin`: the number of the phase and of the batch.
  struct Taken {
    uint64_t phase, batch;
  };
  /// Writes the values of a scalar that was taken last, of which the GPU chooses one, behind the count that the first
  /// is for.
  void takeChoices(uint32_t scalar, double first, const std::vector<double> &values);
  /// Where they lie, given what was taken last.
  GpuPlace choices(uint32_t scalar, Taken last) const;
  size_t choicesBytes() const { return tableBytes; }
  Taken taken() const { return {numbersTaken - 1, inputsTaken - 1}; }
  /// Where a tensor lies, given what was taken last before its call.
  GpuPlace place(const gan_address &address, Taken last) const;
  /// All that was taken since `begin`.
  GpuUpload upload() const;
  /// Copies what was taken last to the GPU at once, if that was not done.
  void uploadNow();

private:
  static size_t aligned(size_t bytes) { return (bytes + Gpu::alignment - 1) / Gpu::alignment * Gpu::alignment; }
  static size_t numbersBytesOf(const gan_program &program, const gan_graph &graph);
  size_t numbersAt(Taken last) const { return last.phase * numbersBytes; }
  size_t inputsAt(Taken last) const { return inputsStart + last.batch * inputBytes; }

  struct Piece {
    GpuMemory device;
    PinnedMemory host;
    Piece(Gpu &gpu, size_t bytes) : device(gpu, bytes), host(gpu, bytes) {}
  };

  Gpu &gpu;
  const gan_graph &graph;
  const GpuMemory &arena, &state;
  size_t scalarBytes, rngBytes, tableBytes;   ///< of one phase; a table is of one scalar
  size_t numbersBytes;                        ///< of one phase: scalars, keys, tables of scalars that are counted
  size_t inputsStart, inputBytes;             ///< bytes of one batch
  std::vector<std::unique_ptr<Piece>> pieces; ///< one for each slot
  unsigned slot = 0;
  uint64_t numbersTaken = 0, inputsTaken = 0;
  bool numbersWait = false, inputsWait = false; ///< whether what was taken last has not been uploaded
};

} // namespace ganrt
