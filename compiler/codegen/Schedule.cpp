// Text form of schedules: the anchor's name and its fields, from one table.
#include "compiler/codegen/Schedule.h"

#include <charconv>
#include <sstream>
#include <vector>

namespace gan {
namespace {

constexpr const char *anchorNames[] = {"map", "reduction", "contraction", "convolution", "draw"};

struct Field {
  const char *name;
  unsigned anchors; ///< bit a: belongs to anchor a
  int64_t (*get)(const Schedule &);
  void (*set)(Schedule &, int64_t);
  int64_t lo, hi;
};

template <auto Member> int64_t get(const Schedule &s) { return int64_t(s.*Member); }
template <auto Member> void set(Schedule &s, int64_t v) {
  s.*Member = static_cast<std::remove_reference_t<decltype(s.*Member)>>(v);
}

constexpr unsigned bit(Anchor a) { return 1u << unsigned(a); }

template <auto Member> constexpr Field field(const char *name, unsigned anchors, int64_t lo, int64_t hi) {
  return {name, anchors, get<Member>, set<Member>, lo, hi};
}

constexpr unsigned products = bit(Anchor::Contraction) | bit(Anchor::Convolution);
constexpr unsigned all = products | bit(Anchor::Map) | bit(Anchor::Reduction) | bit(Anchor::Draw);
constexpr Field fields[] = {
    field<&Schedule::vec>("vec", all, 1, 64),
    field<&Schedule::task>("task", all, 0, int64_t(1) << 31),
    field<&Schedule::rows>("rows", products, 1, 32),
    field<&Schedule::columns>("columns", products, 1, 256),
    field<&Schedule::unroll>("unroll", products, 1, 16),
    field<&Schedule::byRows>("by_rows", bit(Anchor::Contraction), 0, 1),
    field<&Schedule::depth>("depth", bit(Anchor::Contraction), 0, int64_t(1) << 31),
    field<&Schedule::images>("images", bit(Anchor::Convolution), 1, 1 << 20),
    field<&Schedule::lines>("lines", bit(Anchor::Convolution), 0, 1 << 14),
    field<&Schedule::algorithm>("algorithm", bit(Anchor::Convolution), 0, 1),
    field<&Schedule::blocks>("blocks", bit(Anchor::Reduction), 1, 1 << 20),
    field<&Schedule::lanes>("lanes", bit(Anchor::Reduction), 1, 64),
};

} // namespace

std::string printSchedule(const Schedule &schedule) {
  std::string out = anchorNames[size_t(schedule.anchor)];
  for (const Field &f : fields)
    if (f.anchors & bit(schedule.anchor))
      out += std::string(" ") + f.name + "=" + std::to_string(f.get(schedule));
  return out;
}

std::optional<Schedule> parseSchedule(const std::string &text, std::string &error) {
  std::istringstream words(text);
  std::string word;
  Schedule schedule;
  words >> word;
  size_t anchor = 0;
  while (anchor < std::size(anchorNames) && word != anchorNames[anchor])
    ++anchor;
  if (anchor == std::size(anchorNames)) {
    error = "unknown anchor `" + word + "`";
    return std::nullopt;
  }
  schedule.anchor = Anchor(anchor);
  while (words >> word) {
    size_t equals = word.find('=');
    const Field *found = nullptr;
    for (const Field &f : fields)
      if (equals != std::string::npos && word.substr(0, equals) == f.name && (f.anchors & bit(schedule.anchor)))
        found = &f;
    int64_t value = 0;
    const char *first = word.data() + equals + 1, *last = word.data() + word.size();
    if (!found || std::from_chars(first, last, value).ptr != last || first == last) {
      error = "`" + word + "` is no field of a " + anchorNames[anchor] + " schedule";
      return std::nullopt;
    }
    if (value < found->lo || value > found->hi) {
      error = "`" + word + "` is outside " + std::to_string(found->lo) + " to " + std::to_string(found->hi);
      return std::nullopt;
    }
    found->set(schedule, value);
  }
  error = validateSchedule(schedule);
  return error.empty() ? std::optional(schedule) : std::nullopt;
}

std::string validateSchedule(const Schedule &schedule) {
  for (const Field &f : fields)
    if ((f.anchors & bit(schedule.anchor)) && (f.get(schedule) < f.lo || f.get(schedule) > f.hi))
      return std::string(f.name) + " is out of range";
  if (schedule.vec & (schedule.vec - 1))
    return "vec must be a power of two";
  bool product = bit(schedule.anchor) & products;
  // Vectors along the points of a row: a tile's columns are single results.
  bool single = schedule.algorithm == 1 && schedule.columns < schedule.vec;
  if (product && !single && schedule.columns % schedule.vec)
    return "columns must be a multiple of vec";
  if (product && schedule.rows * schedule.columns / (single ? 1 : schedule.vec) > 64)
    return "the register tile is larger than 64 vectors";
  return "";
}

} // namespace gan
