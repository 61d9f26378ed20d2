#include "compiler/tuning/ScheduleSpace.h"
#include "compiler/tuning/DeviceCost.h"

#include <algorithm>
#include <set>

namespace gan {
namespace {

/// A transform with more points than this along an axis loses digits: the limit that the heuristic keeps.
constexpr int64_t mostSpots = 6, mostSpotsOfGradient = 7;

/// The order of fields as a tuple, for sets.
auto orderOf(const Schedule &s) {
  return std::tie(s.vec, s.task, s.rows, s.columns, s.unroll, s.byRows, s.depth, s.images, s.lines, s.algorithm, s.tile,
                  s.blocks, s.lanes, s.rowThreads, s.columnThreads, s.parts, s.stages, s.wide, s.threads, s.results);
}
struct Less {
  bool operator()(const Schedule &a, const Schedule &b) const { return orderOf(a) < orderOf(b); }
};

std::vector<int64_t> powers(int64_t from, int64_t to) {
  std::vector<int64_t> values;
  for (int64_t v = std::max<int64_t>(1, from); v <= to; v *= 2)
    values.push_back(v);
  return values;
}

/// 0, and sizes of tasks that make about 2, 4, 8 .. of a side.
std::vector<int64_t> tasksOf(std::initializer_list<int64_t> sides, int64_t most) {
  std::set<int64_t> values{0};
  for (int64_t side : sides)
    for (int64_t tasks = 2; tasks <= most; tasks *= 2)
      values.insert(std::max<int64_t>(1, (side + tasks - 1) / tasks));
  return {values.begin(), values.end()};
}

} // namespace

template <auto Member> void ScheduleSpace::axis(std::vector<int64_t> values, Axis::Kind kind) {
  using Type = std::remove_cvref_t<decltype(base.*Member)>;
  axes.push_back({[](const Schedule &s) { return int64_t(s.*Member); },
                  [](Schedule &s, int64_t v) { s.*Member = static_cast<Type>(v); }, std::move(values), kind, false});
}

ScheduleSpace::ScheduleSpace(const Workload &workload, const Schedule &base, const Machine &machine)
    : workload(workload), base(base), machine(machine),
      sizes(workload.kind.starts_with("conv") ? std::optional(ConvSizes(workload)) : std::nullopt) {
  if (base.anchor < Anchor::GpuMap)
    axis<&Schedule::vec>(powers(std::min<int64_t>(4, machine.lanes), machine.lanes));
  switch (base.anchor) {
  case Anchor::Contraction:
    axesOfProduct();
    break;
  case Anchor::Convolution:
    axesOfConvolution();
    break;
  case Anchor::Map:
  case Anchor::Draw:
    axis<&Schedule::task>(tasksOf({workload.at("count")}, 64));
    break;
  case Anchor::Reduction:
    axis<&Schedule::task>({0, 1, 2, 4, 8, 16, 32, 64});
    axis<&Schedule::blocks>(powers(1, 64));
    axis<&Schedule::lanes>(workload.at("along") ? powers(1, 2 * machine.lanes) : std::vector<int64_t>{1});
    break;
  default:
    axesOfDevice();
    break;
  }
}

void ScheduleSpace::axesOfProduct() {
  axis<&Schedule::rows>({1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14});
  std::vector<int64_t> columns;
  for (int64_t v = std::min<int64_t>(4, machine.lanes); v < machine.lanes; v *= 2)
    columns.push_back(v);
  for (int64_t v = 1; v <= 6; ++v)
    columns.push_back(v * machine.lanes);
  axis<&Schedule::columns>(columns);
  axes.back().endsTile = true;
  axis<&Schedule::unroll>({1, 2, 4, 8}, Axis::Detail);
  axis<&Schedule::byRows>({0, 1}, Axis::Name);
  axis<&Schedule::depth>({0, 128, 192, 256, 384, 512, 768, 1024});
  axis<&Schedule::task>(tasksOf({workload.at("m"), workload.at("n")}, 64));
}

void ScheduleSpace::axesOfConvolution() {
  const ConvSizes &c = *sizes;
  axis<&Schedule::algorithm>({int64_t(Algorithm::Direct), int64_t(Algorithm::Points), int64_t(Algorithm::Winograd)},
                             Axis::Name);
  axis<&Schedule::tile>({1, 2, 3, 4}, Axis::Name);
  axis<&Schedule::rows>({1, 2, 3, 4, 6, 8, 10, 12, 14});
  std::vector<int64_t> columns{1, 2, 3};
  for (int64_t v = 4; v < machine.lanes; v *= 2)
    columns.push_back(v);
  for (int64_t v = 1; v <= 4; ++v)
    columns.push_back(v * machine.lanes);
  axis<&Schedule::columns>(columns);
  axes.back().endsTile = true;
  axis<&Schedule::unroll>({1, 2, 4, 8}, Axis::Detail);
  axis<&Schedule::byRows>({0, 1}, Axis::Name);
  axis<&Schedule::images>(powers(1, c.images));
  axis<&Schedule::lines>({0, 1, 2, 4, 8, 16});
  axis<&Schedule::task>(c.gradient ? std::vector<int64_t>{0, 4, 8, 16, 32, 64, 128} : std::vector<int64_t>{0, 1});
}

void ScheduleSpace::axesOfDevice() {
  if (base.anchor == Anchor::GpuMap) {
    axis<&Schedule::vec>({1, 2, 4});
    axis<&Schedule::threads>({64, 128, 256, 512});
  } else if (base.anchor == Anchor::GpuReduction) {
    axis<&Schedule::lanes>(powers(1, 512));
    axis<&Schedule::results>(powers(1, 128));
    axis<&Schedule::blocks>(powers(1, 64));
  } else {
    axis<&Schedule::rows>({1, 2, 4, 8});
    axis<&Schedule::rowThreads>({4, 8, 16, 32});
    axis<&Schedule::columns>({1, 2, 4, 8});
    axis<&Schedule::columnThreads>({4, 8, 16, 32});
    axes.back().endsTile = true;
    axis<&Schedule::depth>({4, 8, 16, 32});
    axis<&Schedule::parts>(powers(1, 64));
    axis<&Schedule::stages>({1, 2}, Axis::Name);
  }
}

Schedule ScheduleSpace::normal(Schedule s) const {
  if (s.anchor == Anchor::Contraction) {
    int64_t k = workload.at("k"), side = workload.at(s.byRows ? "m" : "n"), step = s.byRows ? s.rows : s.columns;
    if (s.depth >= k)
      s.depth = 0;
    if ((s.depth ? s.depth : k) % s.unroll)
      s.unroll = 1;
    if (s.task)
      s.task = std::max<int64_t>(1, s.task / step) * step;
    if (s.task >= side)
      s.task = 0;
  } else if (s.anchor == Anchor::Convolution) {
    settleConvolution(s);
  } else if (s.anchor == Anchor::Reduction) {
    s.task = s.task && s.blocks > 1 ? 1 : s.task; // tasks are blocks
  } else if (s.anchor == Anchor::GpuProduct) {
    s.depth = std::clamp<int64_t>(s.depth, 1, std::max<int64_t>(1, workload.at("k")));
    s.parts = std::min(s.parts, std::max<int64_t>(1, workload.at("k") / s.depth));
  } else if (s.anchor == Anchor::GpuReduction) {
    s.blocks = std::min(s.blocks, std::max<int64_t>(1, workload.at("reduced") / s.lanes));
  } else if (s.anchor != Anchor::GpuMap && s.task >= workload.at("count")) {
    s.task = 0;
  }
  return s;
}

void ScheduleSpace::settleConvolution(Schedule &s) const {
  const ConvSizes &c = *sizes;
  bool transforms = s.algorithm == Algorithm::Winograd, all = transforms && c.gradient && s.byRows;
  s.images = all ? c.images : greatestDivisor(int32_t(c.images), s.images);
  s.tile = transforms ? s.tile : 1;
  s.byRows = s.byRows || !transforms;
  int64_t lines = !transforms               ? (c.gradient ? c.lines : 0)
                  : !c.gradient && s.byRows ? c.transform(s.tile).tilesOfAxis[0]
                                            : 0;
  s.lines = s.lines && lines ? greatestDivisor(int32_t(lines), s.lines) : 0;
  s.lines = s.lines == lines ? 0 : s.lines;
  if (s.task)
    s.task = c.gradient && s.byRows ? std::min(s.task, c.channels) : 1;
}

bool ScheduleSpace::holdsSums(const Schedule &s) const {
  bool single = s.algorithm == Algorithm::Points && s.columns < s.vec;
  int64_t vectors = std::max<int64_t>(1, single ? s.columns : s.columns / s.vec);
  return (s.rows + 1) * vectors + 1 <= machine.registers;
}

/// Whether a block of a GPU is of whole warps, or at least of one, and its sums fit into registers with what else a
/// thread needs. What 128 registers do not hold leaves room for too few threads.
bool ScheduleSpace::allowsBlock(const Schedule &s) const {
  if (s.anchor == Anchor::GpuMap)
    return s.vec * s.threads <= std::max<int64_t>(64, workload.at("count"));
  if (s.anchor == Anchor::GpuReduction) {
    int64_t threads = s.lanes * s.results;
    return threads >= 32 ? s.lanes <= std::max<int64_t>(1, workload.at("reduced")) : s == base;
  }
  int64_t threads = s.rowThreads * s.columnThreads;
  return s == base || (threads >= 32 && threads <= 512 && likelyRegisters(s.rows, s.columns) <= 136);
}

/// Whether the register tile and the algorithm go together, whatever the other fields are.
bool ScheduleSpace::allowsTile(const Schedule &s) const {
  if (!validateSchedule(s).empty())
    return false;
  if (s.anchor >= Anchor::GpuMap)
    return allowsBlock(s);
  if (s.vec > machine.lanes)
    return false;
  if (s.anchor == Anchor::Contraction)
    return holdsSums(s);
  if (s.anchor != Anchor::Convolution)
    return true;
  const ConvSizes &c = *sizes;
  if (!holdsSums(s))
    return false;
  if (s.algorithm == Algorithm::Winograd) {
    ConvSizes::Transform t = c.transform(s.tile);
    int64_t most = c.gradient ? mostSpotsOfGradient : mostSpots;
    return c.groups == 1 && c.channels >= s.vec && c.results >= s.vec && s.tile > 1 && t.spotsOfAxis[0] <= most &&
           t.spotsOfAxis[1] <= most;
  }
  if (s.algorithm == Algorithm::Points && !c.gradient)
    return s.columns < s.vec && s.columns <= c.results; // vectors lie along points
  return s.columns % s.vec == 0;
}

bool ScheduleSpace::allows(const Schedule &s) const {
  if (!allowsTile(s))
    return false;
  if (s.anchor == Anchor::Contraction) // panels of both operands
    return double((s.depth ? s.depth : workload.at("k")) * (s.rows + s.columns)) * 4 <= machine.coreCache;
  if (s.anchor != Anchor::Convolution || s.algorithm != Algorithm::Winograd)
    return true;
  const ConvSizes &c = *sizes;
  ConvSizes::Transform t = c.transform(s.tile);
  double perImage = double(t.tiles * t.spots) * 4 * double(t.classes * c.channels + c.results);
  bool own = s.byRows && !c.gradient; // a task has data of its own; else all threads share a block
  double bytes = perImage * double(own ? s.images : 1) / double(own && s.lines ? t.tilesOfAxis[0] / s.lines : 1);
  return bytes <= (own ? 4 : 64) * machine.coreCache;
}

std::vector<Schedule> ScheduleSpace::all() const {
  std::set<Schedule, Less> reached{base};
  for (const Axis &axis : axes) {
    if (axis.kind == Axis::Detail)
      continue;
    std::set<Schedule, Less> next;
    for (Schedule s : reached)
      for (int64_t value : axis.values) {
        axis.set(s, value);
        next.insert(normal(s));
      }
    reached = std::move(next);
    if (axis.endsTile) // what cannot be is not taken along
      std::erase_if(reached, [&](const Schedule &s) { return !allowsTile(s); });
  }
  std::erase_if(reached, [&](const Schedule &s) { return !allows(s); });
  return {reached.begin(), reached.end()};
}

std::vector<Schedule> ScheduleSpace::neighbours(const Schedule &schedule) const {
  std::set<Schedule, Less> found;
  auto keep = [&](const Schedule &s) {
    if (Schedule n = normal(s); n != normal(schedule) && allows(n))
      found.insert(n);
  };
  for (const Axis &axis : axes) {
    auto begin = axis.values.begin(), end = axis.values.end();
    auto at = std::lower_bound(begin, end, axis.get(schedule));
    if (axis.kind == Axis::Size) { // two steps to each side
      begin = at - std::min<ptrdiff_t>(2, at - begin);
      end = at + std::min<ptrdiff_t>(3, end - at);
    }
    for (auto value = begin; value != end; ++value) {
      Schedule next = schedule;
      axis.set(next, *value);
      keep(next);
    }
  }
  bool products = schedule.anchor == Anchor::Contraction || schedule.anchor == Anchor::Convolution;
  for (int64_t rows : {4, 6, 8, 10, 12, 14}) // whole tiles, which no single step reaches
    for (int64_t vectors : {1, 2, 3, 4}) {
      Schedule next = schedule;
      next.rows = rows, next.columns = vectors * schedule.vec;
      if (products)
        keep(next);
    }
  return {found.begin(), found.end()};
}

} // namespace gan
