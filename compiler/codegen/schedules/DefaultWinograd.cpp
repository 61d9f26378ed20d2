// Whether a convolution is worth Winograd's transforms, and with which tiles: the cheapest of the direct sum and the
// transforms by a count of multiply-adds, in which transforms and memory count as multiply-adds that could have been
// done meanwhile.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

/// Costs of one element in multiply-adds, set so that the choices were the fastest with AVX-512: to transform an
/// element of the data or outputs, and to transform an element of the weights and pass it through memory.
constexpr double perElement = 8, perWeight = 100;
/// A core's own cache, which a task should not exceed by much.
constexpr double taskBytes = 1 << 20;
/// Most for a block of images that all cores share, in a forward pass or input gradient and in a weight gradient.
constexpr double blockBytes = 32 << 20, gradientBytes = 10 << 20;
/// More points of a transform than this lose more digits than a direct sum.
constexpr int32_t mostPoints = 6, mostPointsOfGradient = 7;

/// The sizes of a convolution for one size of tile.
struct Sizes {
  TiledAxis axis[2];
  double spots, classes, phases, tiles; ///< `tiles` are those of an image and a phase
};

class WinogradChoice {
public:
  WinogradChoice(Operation *op, const TargetInfo &target)
      : g(convGeometry(op)), gradient(isa<ConvWeightGradOp>(op)), target(target) {
    bool back = isa<ConvInputGradOp>(op);
    for (int i : {0, 1})
      dense[i] = denseAxis(back ? inputGradAxis(g, i) : forwardAxis(g, i));
    channels = back ? g.co : g.ci, results = back ? g.ci : g.co;
  }

  std::optional<Schedule> best(Schedule schedule) const {
    if (g.groups > 1 || channels < target.lanes || results < target.lanes)
      return std::nullopt;
    double least = double(g.n) * dense[0].points * dense[1].points * dense[0].phases * dense[1].phases *
                   dense[0].classes * dense[1].classes * dense[0].taps() * dense[1].taps() * channels * results;
    std::optional<Schedule> found;
    for (int64_t tile : {2, 3, 4}) {
      Sizes s = sizes(tile);
      if (s.axis[0].tile < tile && s.axis[1].tile < tile)
        continue;
      if (double c = cost(s); fits(s) && c < least) {
        least = c;
        schedule.tile = tile;
        found = gradient ? ofGradient(schedule, s) : ofWindow(schedule, s);
      }
    }
    return found;
  }

private:
  Sizes sizes(int64_t tile) const {
    Sizes s;
    for (int i : {0, 1})
      s.axis[i] = TiledAxis(dense[i], tile, gradient);
    s.spots = double(s.axis[0].spots()) * s.axis[1].spots();
    s.classes = double(dense[0].classes) * dense[1].classes, s.phases = double(dense[0].phases) * dense[1].phases;
    s.tiles = double(s.axis[0].tiles) * s.axis[1].tiles;
    return s;
  }

  bool fits(const Sizes &s) const {
    int32_t most = gradient ? mostPointsOfGradient : mostPoints;
    return s.axis[0].spots() <= most && s.axis[1].spots() <= most;
  }

  double cost(const Sizes &s) const {
    double tiles = g.n * s.tiles * s.phases;
    double products = tiles * s.spots * s.classes * channels * results;
    double transforms = tiles * s.spots * (s.classes * channels + results) * perElement;
    double weights = (gradient ? 1 : s.phases) * s.spots * s.classes * channels * results * perWeight;
    return products + transforms + (gradient ? weights / 4 : weights); // sums of a gradient stay in the cache
  }

  /// The number of rows of the register tile that wastes least of `size`; of equal ones the largest.
  int64_t rowsFor(double size) const {
    int64_t most = target.registers >= 32 ? 12 : 6, best = most;
    double least = 1e30;
    for (int64_t rows = most; rows >= most / 2; --rows)
      if (double padded = std::ceil(size / double(rows)) * double(rows); padded < least) {
        least = padded;
        best = rows;
      }
    return best;
  }

  Schedule common(Schedule s) const {
    s.algorithm = Algorithm::Winograd;
    s.vec = target.lanes;
    s.columns = s.vec * (results > s.vec ? 2 : 1);
    s.unroll = 4;
    s.lines = 0;
    return s;
  }

  /// Images in a block whose data and outputs are about this large.
  int64_t imagesFor(double bytes, double perImage) const {
    return greatestDivisor(g.n, std::max<int64_t>(1, int64_t(bytes / perImage)));
  }

  Schedule ofWindow(Schedule schedule, const Sizes &s) const {
    Schedule w = common(schedule);
    double perTile = s.spots * (s.classes * channels + results) * 4, tiles = std::max(1.0, taskBytes / perTile);
    double weightBytes = s.phases * s.spots * s.classes * channels * results * 4;
    // Weights that come from far should be read for many images, and very many weights for all that fit into memory.
    w.byRows = weightBytes <= 32 * taskBytes;
    w.images = imagesFor(w.byRows ? (weightBytes > 8 * taskBytes ? 2 : 1) * taskBytes : blockBytes, perTile * s.tiles);
    if (w.byRows && 4 * tiles < s.tiles) // part of an image
      w.lines = greatestDivisor(s.axis[0].tiles, std::max<int64_t>(1, int64_t(2 * tiles) / s.axis[1].tiles));
    w.rows = rowsFor(double(w.images) * (w.lines ? double(w.lines) * s.axis[1].tiles : s.tiles));
    w.task = schedule.task ? 1 : 0;
    return w;
  }

  Schedule ofGradient(Schedule schedule, const Sizes &s) const {
    Schedule w = common(schedule);
    constexpr int64_t slab = 16;
    double perChannel = s.tiles * s.phases * s.spots * 4, perImage = perChannel * (s.classes * channels + results);
    // Slabs of channels keep the sums in the cache, blocks of images keep the transformed data there.
    double slabBytes = slab * s.classes * perChannel * g.n, sumBytes = 4 * s.spots * s.classes * channels * results;
    w.byRows = channels >= 4 * slab && slabBytes <= (sumBytes <= 4 * taskBytes ? 2 * taskBytes : gradientBytes);
    w.images = w.byRows ? g.n : imagesFor(gradientBytes, perImage);
    w.rows = rowsFor(w.byRows ? double(slab) : channels);
    w.task = schedule.task ? slab : 0;
    return w;
  }

  ConvGeometry g;
  bool gradient;
  TargetInfo target;
  DenseAxis dense[2];
  int32_t channels, results;
};

} // namespace

std::optional<Schedule> winogradSchedule(KernelOp kernel, const TargetInfo &target, const Schedule &direct) {
  return WinogradChoice(anchorOperation(kernel), target).best(direct);
}

} // namespace gan
