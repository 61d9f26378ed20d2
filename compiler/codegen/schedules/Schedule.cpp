// The text form of schedules: the anchor's name and its fields, from one table.
#include "compiler/codegen/schedules/Schedule.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace gan {
namespace {

constexpr const char *anchorNames[] = {"map",  "reduction", "contraction",   "convolution",
                                       "draw", "gpu_map",   "gpu_reduction", "gpu_product"};
constexpr const char *algorithmNames[] = {"direct", "points", "winograd"}; // indexed by Algorithm

struct Field {
  const char *name;
  unsigned anchors; ///< bit a is set if the field belongs to anchor a
  int64_t (*get)(const Schedule &);
  void (*set)(Schedule &, int64_t);
  int64_t lo, hi;
  const char *const *names = nullptr; ///< names of the values, if they have names
};

template <auto Member> int64_t get(const Schedule &s) { return int64_t(s.*Member); }
template <auto Member> void set(Schedule &s, int64_t v) {
  s.*Member = static_cast<std::remove_reference_t<decltype(s.*Member)>>(v);
}

constexpr unsigned bit(Anchor a) { return 1u << unsigned(a); }

template <auto Member> constexpr Field field(const char *name, unsigned anchors, int64_t lo, int64_t hi) {
  return {name, anchors, get<Member>, set<Member>, lo, hi};
}

template <auto Member>
constexpr Field named(const char *name, unsigned anchors, const char *const *names, size_t count) {
  return {name, anchors, get<Member>, set<Member>, 0, int64_t(count) - 1, names};
}

constexpr unsigned products = bit(Anchor::Contraction) | bit(Anchor::Convolution);
constexpr unsigned vectors = products | bit(Anchor::Map) | bit(Anchor::Reduction) | bit(Anchor::Draw);
constexpr unsigned reductions = bit(Anchor::Reduction) | bit(Anchor::GpuReduction);
constexpr Field fields[] = {
    field<&Schedule::vec>("vec", vectors | bit(Anchor::GpuMap), 1, 64),
    field<&Schedule::task>("task", vectors, 0, int64_t(1) << 31),
    field<&Schedule::rows>("rows", products | bit(Anchor::GpuProduct), 1, 32),
    field<&Schedule::columns>("columns", products | bit(Anchor::GpuProduct), 1, 256),
    field<&Schedule::unroll>("unroll", products, 1, 16),
    field<&Schedule::byRows>("by_rows", products, 0, 1),
    field<&Schedule::depth>("depth", bit(Anchor::Contraction) | bit(Anchor::GpuProduct), 0, int64_t(1) << 31),
    field<&Schedule::images>("images", bit(Anchor::Convolution), 1, 1 << 20),
    field<&Schedule::lines>("lines", bit(Anchor::Convolution), 0, 1 << 14),
    named<&Schedule::algorithm>("algorithm", bit(Anchor::Convolution), algorithmNames, std::size(algorithmNames)),
    field<&Schedule::tile>("tile", bit(Anchor::Convolution), 1, 6),
    field<&Schedule::blocks>("blocks", reductions, 1, 1 << 20),
    field<&Schedule::lanes>("lanes", reductions, 1, 1024),
    field<&Schedule::threads>("threads", bit(Anchor::GpuMap), 32, 1024),
    field<&Schedule::rowThreads>("row_threads", bit(Anchor::GpuProduct), 1, 256),
    field<&Schedule::columnThreads>("column_threads", bit(Anchor::GpuProduct), 1, 256),
    field<&Schedule::parts>("parts", bit(Anchor::GpuProduct), 1, 1024),
    field<&Schedule::stages>("stages", bit(Anchor::GpuProduct), 1, 2),
    field<&Schedule::wide>("wide", bit(Anchor::GpuProduct), 0, 1),
    field<&Schedule::results>("results", bit(Anchor::GpuReduction), 1, 1024),
};

bool belongs(const Field &f, Anchor anchor) { return f.anchors & bit(anchor); }

/// Reads a text word by word, without copying: a database has many texts of schedules.
struct Words {
  std::string_view rest;
  /// The next word; "" at the end.
  std::string_view next() {
    size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
    std::string_view word = rest.substr(begin, rest.find(' ', begin) - begin);
    rest.remove_prefix(begin + word.size());
    return word;
  }
};

/// The anchor's field of this name, which is mostly the first one from `hint` on; null if there is none.
const Field *fieldNamed(std::string_view name, Anchor anchor, const Field *hint) {
  for (size_t i = 0, from = size_t(hint - fields); i < std::size(fields); ++i)
    if (const Field &f = fields[(from + i) % std::size(fields)]; belongs(f, anchor) && name == f.name)
      return &f;
  return nullptr;
}

/// The value for which a text stands.
std::optional<int64_t> valueOf(const Field &f, std::string_view text) {
  int64_t value = 0;
  if (f.names) {
    while (value <= f.hi && text != f.names[value])
      ++value;
    return value <= f.hi ? std::optional(value) : std::nullopt;
  }
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = status == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// Reads the version and the anchor, which stand before the fields.
std::optional<Anchor> readAnchor(Words &words, std::string &error) {
  std::string_view version = words.next();
  if (int64_t number = 0;
      !version.starts_with('v') ||
      std::from_chars(version.data() + 1, version.data() + version.size(), number).ptr != version.end() ||
      number != scheduleVersion) {
    error = "a schedule starts with its version, `v" + std::to_string(scheduleVersion) + "`, not `" +
            std::string(version) + "`";
    return std::nullopt;
  }
  std::string_view word = words.next();
  for (size_t anchor = 0; anchor < std::size(anchorNames); ++anchor)
    if (word == anchorNames[anchor])
      return Anchor(anchor);
  error = "unknown anchor `" + std::string(word) + "`";
  return std::nullopt;
}

/// Reads one `name=value` into a schedule, of which the fields in `given` are known; returns the field, or null and
/// what is wrong with it.
const Field *take(std::string_view word, Schedule &schedule, unsigned given, const Field *hint, std::string &error) {
  size_t equals = word.find('=');
  const Field *found =
      equals == std::string_view::npos ? nullptr : fieldNamed(word.substr(0, equals), schedule.anchor, hint);
  std::optional<int64_t> value = found ? valueOf(*found, word.substr(equals + 1)) : std::nullopt;
  if (!value)
    error = "`" + std::string(word) + "` is no field of a " + anchorNames[size_t(schedule.anchor)] + " schedule";
  else if (given >> (found - fields) & 1)
    error = "`" + std::string(found->name) + "` is given twice";
  else if (*value < found->lo || *value > found->hi)
    error = "`" + std::string(word) + "` is outside " + std::to_string(found->lo) + " to " + std::to_string(found->hi);
  else
    found->set(schedule, *value);
  return error.empty() ? found : nullptr;
}

/// The limits of a block on every GPU: threads, words of shared memory, and registers of a thread.
std::string validateProduct(const Schedule &s) {
  int64_t tileM = s.rows * s.rowThreads, tileN = s.columns * s.columnThreads;
  if (s.rowThreads * s.columnThreads > 1024)
    return "a block has more than 1024 threads";
  if (s.rows * s.columns > 128)
    return "a thread has more than 128 results";
  if (s.depth < 1 || (tileM + 4 + tileN + 4) * s.depth * 4 * s.stages > 48 * 1024)
    return "the operands of a chunk need more than 48 KiB of shared memory";
  if (s.stages > 1 && std::max(tileM, tileN) * s.depth > stagedByThread * s.rowThreads * s.columnThreads)
    return "a thread would hold more than 16 elements of an operand's next chunk";
  return "";
}

} // namespace

std::string printSchedule(const Schedule &schedule) {
  std::string out = "v" + std::to_string(scheduleVersion) + " " + anchorNames[size_t(schedule.anchor)];
  for (const Field &f : fields)
    if (belongs(f, schedule.anchor))
      out += std::string(" ") + f.name + "=" + (f.names ? f.names[f.get(schedule)] : std::to_string(f.get(schedule)));
  return out;
}

std::optional<Schedule> parseSchedule(std::string_view text, std::string &error) {
  error.clear();
  Words words{text};
  std::optional<Anchor> anchor = readAnchor(words, error);
  if (!anchor)
    return std::nullopt;
  Schedule schedule;
  schedule.anchor = *anchor;
  unsigned given = 0; // bit i is set if fields[i] is
  static_assert(std::size(fields) <= 32);
  const Field *next = fields;
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    const Field *found = take(word, schedule, given, next, error);
    if (!found)
      return std::nullopt;
    given |= 1u << (found - fields);
    next = found + 1;
  }
  for (const Field &f : fields)
    if (belongs(f, *anchor) && !(given >> (&f - fields) & 1)) {
      error = "`" + std::string(f.name) + "` is missing";
      return std::nullopt;
    }
  error = validateSchedule(schedule);
  return error.empty() ? std::optional(schedule) : std::nullopt;
}

std::string validateSchedule(const Schedule &schedule) {
  for (const Field &f : fields)
    if (belongs(f, schedule.anchor) && (f.get(schedule) < f.lo || f.get(schedule) > f.hi))
      return std::string(f.name) + " is out of range";
  if (schedule.vec & (schedule.vec - 1))
    return "vec must be a power of two";
  if (schedule.anchor == Anchor::Reduction && schedule.lanes > 64)
    return "lanes is out of range";
  if (schedule.anchor == Anchor::GpuReduction && schedule.lanes * schedule.results > 1024)
    return "a block has more than 1024 threads";
  if (schedule.anchor == Anchor::GpuProduct)
    return validateProduct(schedule);
  bool product = bit(schedule.anchor) & products;
  // Vectors lie along the points of a row, so a tile's columns are single results.
  bool single = schedule.algorithm == Algorithm::Points && schedule.columns < schedule.vec;
  if (product && !single && schedule.columns % schedule.vec)
    return "columns must be a multiple of vec";
  if (product && schedule.rows * schedule.columns / (single ? 1 : schedule.vec) > 64)
    return "the register tile is larger than 64 vectors";
  return "";
}

} // namespace gan
