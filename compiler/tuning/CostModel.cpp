#include "compiler/tuning/CostModel.h"
#include "compiler/tuning/DeviceCost.h"

#include <algorithm>
#include <cmath>

namespace gan {
namespace {

/// A core starts this many multiply-adds of vectors in a cycle, and as many loads; one takes four cycles.
constexpr double pipes = 2, latency = 4;
/// Seconds until another thread has taken a task.
constexpr double taskSeconds = 1.5e-6;
/// Cycles' worth of multiply-adds that one element costs which is packed, or transformed by Winograd's matrices.
constexpr double packing = 1.5, transforming = 8;

double up(double value, double step) { return std::ceil(value / step) * step; }

/// How many vectors wide a register tile is.
double vectorsOf(const Schedule &s) { return double(std::max<int64_t>(1, s.columns / s.vec)); }

std::optional<ConvSizes> sizesOf(const Workload &workload) {
  return workload.kind.starts_with("conv") ? std::optional(ConvSizes(workload)) : std::nullopt;
}

} // namespace

CostModel::CostModel(const Workload &workload, const Machine &machine)
    : workload(workload), machine(machine), sizes(sizesOf(workload)) {}

double CostModel::seconds(const Schedule &s) const {
  auto count = [&](const char *name) { return double(workload.at(name)); };
  switch (s.anchor) {
  case Anchor::Contraction:
    return product(s);
  case Anchor::Convolution:
    return convolution(s);
  case Anchor::Reduction:
    return loops(s, !s.task ? 1 : s.blocks > 1 ? double(s.blocks) : std::ceil(count("kept") / double(s.task)));
  case Anchor::GpuProduct:
    return deviceProduct(s);
  case Anchor::GpuReduction:
    return deviceReduction(s);
  case Anchor::GpuMap: // as fast as memory, nearly whatever the schedule is
    return count("bytes") / cardNumbers(machine.architecture).memoryBytes;
  default:
    return loops(s, !s.task ? 1 : std::ceil(count("count") / double(s.task)));
  }
}

/// On a GPU, before anything was compiled: per step of the sum a thread multiplies its tile and reads a column and a
/// row of it; the block also copies both operands' chunks.
double CostModel::deviceProduct(const Schedule &s) const {
  auto size = [&](const char *name) { return double(workload.at(name)); };
  double tileM = double(s.rows * s.rowThreads), tileN = double(s.columns * s.columnThreads), parts = double(s.parts);
  double threads = double(s.rowThreads * s.columnThreads), k = std::ceil(size("k") / parts);
  LaunchUse l;
  l.blocks = int64_t(size("batches") * std::ceil(size("m") / tileM) * std::ceil(size("n") / tileN) * parts);
  l.threads = int64_t(threads), l.registers = likelyRegisters(s.rows, s.columns);
  l.shared = int64_t(4 * (tileM + tileN + 8) * double(s.depth * s.stages));
  double warps = std::ceil(threads / 32), chunks = std::ceil(k / double(s.depth)), copied = (tileM + tileN) * k;
  double reads = double(s.rows + s.columns) / 4;
  l.multiplyAdds = warps * k * double(s.rows * s.columns), l.passes = warps * k * 4 * reads;
  l.instructions = l.multiplyAdds + warps * k * reads + copied / 32 * (s.wide ? 3 : 8) + warps * chunks * 10;
  l.sectors = copied / 8, l.barriers = chunks * (s.stages > 1 ? 1 : 2);
  std::vector<LaunchUse> launches{l};
  if (s.parts > 1) {
    double results = size("batches") * size("m") * size("n");
    LaunchUse sum;
    sum.threads = 64, sum.blocks = int64_t(std::ceil(results / 64)), sum.registers = 40;
    sum.instructions = 2 * parts * 6 + 40, sum.sectors = 8 * parts;
    launches.push_back(sum);
  }
  return deviceSeconds(cardNumbers(machine.architecture), launches, size("bytes"));
}

double CostModel::deviceReduction(const Schedule &s) const {
  auto size = [&](const char *name) { return double(workload.at(name)); };
  double kept = std::max(1.0, size("kept")), steps = std::ceil(size("reduced") / double(s.lanes * s.blocks));
  LaunchUse l;
  l.threads = std::max<int64_t>(1, s.lanes * s.results), l.registers = 40;
  l.blocks = int64_t(std::ceil(kept / double(s.results))) * s.blocks;
  double warps = std::ceil(double(l.threads) / 32);
  l.instructions = warps * (steps * 10 + 60), l.sectors = double(l.threads) / 8 * steps;
  l.barriers = 2 * std::log2(double(s.lanes) + 1) + steps / 4; // loads of a thread wait for each other, too
  std::vector<LaunchUse> launches{l};
  if (s.blocks > 1) {
    LaunchUse sum;
    sum.threads = 32, sum.blocks = int64_t(std::ceil(kept / 32)), sum.registers = 32;
    sum.instructions = double(s.blocks) * 4 + 30, sum.sectors = double(s.blocks) * 4;
    launches.push_back(sum);
  }
  return deviceSeconds(cardNumbers(machine.architecture), launches, size("bytes"));
}

/// Seconds of operations of one core that does nothing else.
double CostModel::ofCore(double flops) const { return flops * double(machine.threads) / machine.flopsEachSecond; }

/// Seconds that a core takes to read bytes that lie among so many.
double CostModel::ofBytes(double bytes, double among) const {
  const Machine::Level *level = &machine.levels.back();
  for (const Machine::Level &l : machine.levels)
    if (among <= l.bytes) {
      level = &l;
      break;
    }
  return bytes * double(machine.threads) / level->bytesEachSecond;
}

/// Seconds of work that is cut into equal tasks: in the last round of tasks some threads may have none.
double CostModel::shared(double seconds, double tasks) const {
  double threads = std::min(double(machine.threads), tasks);
  return threads <= 1 ? seconds : seconds * std::ceil(tasks / threads) / tasks + tasks * taskSeconds / threads;
}

/// How much longer the multiply-adds of a register tile take than at the peak: with few sums each waits for the one
/// before; a step of the inner loop also loads a row and broadcasts a column; narrow vectors do less at once.
double CostModel::slowdown(const Schedule &s, double vectors, double rows) const {
  double sums = vectors * rows, step = std::max({sums, vectors + rows, pipes * latency}) + 1.5 / double(s.unroll);
  return step / sums * double(machine.lanes) / double(std::min(s.vec, machine.lanes));
}

double CostModel::product(const Schedule &s) const {
  double rows = double(s.rows), columns = double(s.columns), k = double(workload.at("k"));
  double depth = s.depth ? std::min(k, double(s.depth)) : k, blocks = std::ceil(k / depth);
  double tilesM = std::ceil(double(workload.at("m")) / rows), tilesN = std::ceil(double(workload.at("n")) / columns);
  double own = s.byRows ? rows : columns, other = s.byRows ? columns : rows;
  double ownTiles = s.byRows ? tilesM : tilesN, otherTiles = s.byRows ? tilesN : tilesM;
  double perTask = s.task ? std::clamp(std::floor(double(s.task) / own), 1.0, ownTiles) : ownTiles;
  double compute = ofCore(2 * tilesM * rows * tilesN * columns * blocks * depth) * slowdown(s, vectorsOf(s), rows);
  // A panel of the own side stays in the nearest cache while all panels of the other side pass by. With blocks the sums
  // pass by as well.
  double passing = ofBytes(ownTiles * otherTiles * other * k * 4, (otherTiles * other + perTask * own) * depth * 4);
  double sums = 8 * tilesM * rows * tilesN * columns; // read and written
  passing += blocks > 1 ? ofBytes(sums * blocks, sums * perTask / ownTiles) : 0;
  double packed = ofCore(2 * packing * k * (ownTiles * own + otherTiles * other));
  return shared(std::max(compute, passing) + packed, std::ceil(ownTiles / perTask));
}

double CostModel::convolution(const Schedule &s) const {
  if (s.algorithm != Algorithm::Winograd)
    return sizes->gradient ? directGradient(s) : direct(s);
  return sizes->gradient ? gradientTransforms(s) : transforms(s);
}

double CostModel::direct(const Schedule &s) const {
  const ConvSizes &c = *sizes;
  bool alongPoints = s.algorithm == Algorithm::Points;
  double images = double(greatestDivisor(int32_t(c.images), s.images)), tasks = double(c.images) / images;
  double points = up(double(c.points) * images, double(s.rows) * (alongPoints ? double(s.vec) : 1)) * tasks;
  double macs = points * double(c.phases * c.taps * c.channels) * up(double(c.results), double(s.columns));
  double wide = alongPoints ? double(s.columns) : vectorsOf(s);
  double copied = ofCore(2 * packing * double(c.images * c.source * c.channels * c.groups));
  return shared(ofCore(2 * macs) * slowdown(s, wide, double(s.rows)) + copied, s.task ? tasks : 1);
}

double CostModel::directGradient(const Schedule &s) const {
  const ConvSizes &c = *sizes;
  bool alongInput = s.algorithm == Algorithm::Points;
  double along = double(alongInput ? c.channels : c.results), across = double(alongInput ? c.results : c.channels);
  double rows = double(s.rows), columns = double(std::max(s.columns, s.vec));
  double macs = double(c.images * c.points * c.taps) * up(along, columns) * up(across, std::min(rows, across));
  double slab = s.task ? std::min(double(s.task), double(c.channels)) : double(c.channels);
  double panels = alongInput || !s.task ? 1 : std::ceil(double(c.results) / columns);
  double tasks = std::ceil(double(c.channels) / slab) * panels;
  double copied = ofCore(2 * packing * double(c.images * c.source * c.channels) * panels); // by each task anew
  if (tasks < 8)
    tasks *= double(c.axis[0].taps() * c.axis[0].classes); // a row of taps is a task
  // The sums of a block are added to those of the task, which lie in memory.
  double blocks = double(c.images) / double(greatestDivisor(int32_t(c.images), s.images)) *
                  (s.lines ? double(c.lines) / double(s.lines) : 1);
  double sums = ofBytes(8 * blocks * double(c.channels * c.results * c.taps), 8 * slab * columns * double(c.taps));
  return shared(ofCore(2 * macs) * slowdown(s, vectorsOf(s), rows) + copied + sums, s.task ? tasks : 1);
}

double CostModel::transforms(const Schedule &s) const {
  const ConvSizes &c = *sizes;
  ConvSizes::Transform t = c.transform(s.tile);
  double images = double(greatestDivisor(int32_t(c.images), s.images)), phases = double(t.phases);
  double bands = s.byRows && s.lines ? double(t.tilesOfAxis[0]) / double(s.lines) : 1;
  double ofTask = double(t.tiles) * images / bands, tasks = double(c.images) / images * bands;
  double tiles = tasks * up(ofTask, std::min(double(s.rows), ofTask)) * phases;
  double results = up(double(c.results), double(s.columns)), spots = double(t.spots);
  double depth = double(c.channels * t.classes);
  double products = ofCore(2 * tiles * spots * depth * results) * slowdown(s, vectorsOf(s), double(s.rows));
  double moved = ofCore(2 * transforming * tiles * spots * (depth + results));
  // The weights of all spots pass by for each task, and its own data twice.
  double weights = spots * depth * results * 4, data = ofTask * spots * (depth + results) * 4;
  double passing =
      ofBytes(tasks * phases * weights, weights * phases + data) + ofBytes(2 * tasks * phases * data, data);
  double once = ofCore(2 * transforming * phases * weights) / double(machine.threads);
  if (s.byRows)
    return shared(products + moved + passing, s.task ? tasks : 1) + once;
  // All threads work on one block of images, and wait for each other three times.
  return shared(products + moved + passing, s.task ? spots * results / double(s.columns) : 1) + once +
         tasks * 4 * taskSeconds * double(machine.threads);
}

double CostModel::gradientTransforms(const Schedule &s) const {
  const ConvSizes &c = *sizes;
  ConvSizes::Transform t = c.transform(s.tile);
  double images = double(s.byRows ? c.images : greatestDivisor(int32_t(c.images), s.images));
  double blocks = double(c.images) / images, tiles = double(t.tiles * t.phases * c.images), spots = double(t.spots);
  double channels = double(c.channels), results = up(double(c.results), double(s.columns));
  double slab = up(s.byRows && s.task ? std::min(double(s.task), channels) : channels, double(s.rows));
  double depth = up(channels, slab) * double(t.classes);
  double products = ofCore(2 * tiles * spots * depth * results) * slowdown(s, vectorsOf(s), double(s.rows));
  double moved = ofCore(2 * transforming * tiles * spots * (depth + results));
  double sums = spots * depth * results * 4;
  double data = tiles / blocks * spots * 4 * (slab * double(t.classes) + results);
  double passing = ofBytes(2 * tiles * spots * (depth + results) * 4, data) + ofBytes(2 * blocks * sums, sums);
  double taps = ofCore(2 * transforming * sums / 4);
  double tasks = s.byRows ? std::ceil(channels / slab) : spots * results / double(s.columns);
  return shared(products + moved + passing + taps, s.task ? tasks : 1) +
         (blocks - 1) * 4 * taskSeconds * double(machine.threads);
}

/// Maps, draws and reductions take the time of memory, and some for their operations.
double CostModel::loops(const Schedule &s, double tasks) const {
  double bytes = double(workload.at("bytes")), narrow = double(machine.lanes) / double(std::min(s.vec, machine.lanes));
  return shared(ofCore(double(workload.at("flops")) * 4 * narrow) + ofBytes(bytes, bytes), tasks);
}

} // namespace gan
