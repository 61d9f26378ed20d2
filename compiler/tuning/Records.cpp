#include "compiler/tuning/Records.h"

#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseSet.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <tuple>

namespace gan {
namespace {

constexpr std::string_view recordVersion = "2";
constexpr size_t fieldCount = 9;
/// What can stand in place of a time.
constexpr std::string_view words[] = {"refused", "broken", "late", "wrong", defaultIsBest};

using Fields = std::array<std::string_view, fieldCount>;

/// Cuts a line at its tabs; false if there are not as many fields as a record has.
bool cut(std::string_view line, Fields &fields) {
  size_t count = 0;
  const char *at = line.data(), *end = at + line.size();
  while (count < fieldCount) {
    const void *tab = memchr(at, '\t', size_t(end - at));
    const char *stop = tab ? static_cast<const char *>(tab) : end;
    fields[count++] = {at, size_t(stop - at)};
    if (!tab)
      return count == fieldCount;
    at = stop + 1;
  }
  return false;
}

/// A time in milliseconds; 0 if the text is none.
double timeOf(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(value) && value > 0 ? value : 0;
}

void appendTime(std::string &out, double ms) {
  char text[32];
  snprintf(text, sizeof text, "%.5g", ms);
  out += text;
}

/// The order of lines: a kernel's winners come first, the largest gain before the others, then its words.
bool comesBefore(const Record &a, const Record &b) {
  if (a.key() != b.key())
    return a.key() < b.key();
  if (a.word.empty() != b.word.empty())
    return a.word.empty();
  if (a.word.empty())
    if (double x = a.defaultMs / a.ms, y = b.defaultMs / b.ms; x != y)
      return x > y;
  return std::tie(a.schedule, a.word) < std::tie(b.schedule, b.word);
}

/// Whether a record is behind another that says it all: a second winner of a kernel, a word about the same schedule.
bool repeats(const Record &a, const Record &b) {
  return a.key() == b.key() && a.word.empty() == b.word.empty() && (a.word.empty() || a.schedule == b.schedule);
}

/// Texts of schedules that are known to be good: a kernel's records, and those of kernels alike, often have the same.
using CheckedSchedules = llvm::DenseSet<llvm::CachedHashStringRef>;

/// Reads a line; returns what is wrong with it, or "".
std::string read(std::string_view line, Record &record, CheckedSchedules &checked) {
  Fields f;
  if (!cut(line, f) || f[0] != recordVersion)
    return "it is no record of version " + std::string(recordVersion) + ", which has " + std::to_string(fieldCount) +
           " fields";
  llvm::CachedHashStringRef schedule(f[5]);
  if (!checked.contains(schedule)) {
    std::string error;
    if (!parseSchedule(f[5], error))
      return error;
    checked.insert(schedule);
  }
  record = {f[1], f[2], f[3], f[4], f[5], f[8]};
  if (std::find(std::begin(words), std::end(words), f[6]) != std::end(words)) {
    record.word = f[6];
    return "";
  }
  record.ms = timeOf(f[6]), record.defaultMs = timeOf(f[7]);
  return record.ms > 0 && record.defaultMs > 0
             ? ""
             : "`" + std::string(f[6]) + "` and `" + std::string(f[7]) + "` are no times";
}

/// Where the records of a kernel begin.
std::vector<Record>::const_iterator lowerBound(const std::vector<Record> &records, const TunedKernel &kernel) {
  Record key{kernel.target, kernel.machine, kernel.kernel, "", "", ""};
  return std::lower_bound(records.begin(), records.end(), key,
                          [](const Record &a, const Record &b) { return a.key() < b.key(); });
}

bool isOf(const Record &record, const TunedKernel &kernel) {
  return record.target == kernel.target && record.machine == kernel.machine && record.kernel == kernel.kernel;
}

} // namespace

std::string_view Records::kept(std::string text) {
  texts.push_back(std::make_shared<const std::string>(std::move(text)));
  return *texts.back();
}

/// Sorts what was added, and leaves one winner for each kernel. A text is sorted by its lines, so kernels are mostly in
/// order already, and only the few records of each are sorted.
void Records::settle() {
  auto byKernel = [](const Record &a, const Record &b) { return a.key() < b.key(); };
  if (!std::is_sorted(records.begin(), records.end(), byKernel))
    std::sort(records.begin(), records.end(), comesBefore);
  for (auto begin = records.begin(); begin != records.end();) {
    auto end = std::find_if(begin, records.end(), [&](const Record &r) { return r.key() != begin->key(); });
    if (end - begin > 1)
      std::sort(begin, end, comesBefore);
    begin = end;
  }
  records.erase(std::unique(records.begin(), records.end(), repeats), records.end());
}

void Records::add(std::string text, std::vector<std::string> &warnings) {
  std::string_view rest = kept(std::move(text));
  CheckedSchedules checked;
  records.reserve(records.size() + rest.size() / 150);
  for (size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line[0] == '#')
      continue;
    Record record;
    std::string wrong = read(line, record, checked);
    if (wrong.empty())
      records.push_back(record);
    else
      warnings.push_back("line " + std::to_string(number) + " is skipped: " + wrong);
  }
  settle();
}

void Records::add(const Records &others) {
  texts.insert(texts.end(), others.texts.begin(), others.texts.end());
  records.insert(records.end(), others.records.begin(), others.records.end());
  settle();
}

void Records::insert(const Record &record) {
  std::string line;
  for (std::string_view part :
       {record.target, record.machine, record.kernel, record.workload, record.schedule, record.version, record.word})
    line.append(part).append(1, '\t');
  std::string_view rest = kept(std::move(line));
  Record own = record;
  for (std::string_view *part :
       {&own.target, &own.machine, &own.kernel, &own.workload, &own.schedule, &own.version, &own.word}) {
    *part = rest.substr(0, rest.find('\t'));
    rest.remove_prefix(part->size() + 1);
  }
  records.push_back(own);
  settle();
}

void Records::add(const TunedKernel &kernel, const Winner &w) {
  std::string schedule = printSchedule(w.schedule);
  insert({kernel.target, kernel.machine, kernel.kernel, w.workload, schedule, w.version, "", w.ms, w.defaultMs});
}

void Records::addWord(const TunedKernel &kernel, const Winner &tried, std::string_view word) {
  std::string schedule = printSchedule(tried.schedule);
  insert({kernel.target, kernel.machine, kernel.kernel, tried.workload, schedule, tried.version, word});
}

void Records::remove(const TunedKernel &kernel) {
  auto at = lowerBound(records, kernel);
  if (at != records.end() && isOf(*at, kernel) && at->word.empty())
    records.erase(at);
}

std::vector<std::string> Records::prune() {
  std::vector<std::string> gone;
  std::erase_if(records, [&](const Record &r) {
    if (!r.word.empty() || r.defaultMs >= r.ms * leastGain)
      return false;
    char gain[32];
    snprintf(gain, sizeof gain, "%.3fx", r.defaultMs / r.ms);
    gone.push_back(std::string(r.kernel) + " on " + std::string(r.machine) + ": " + gain + " is no gain");
    return true;
  });
  return gone;
}

Winner winnerOf(const Record &record) {
  std::string error;
  Schedule schedule = parseSchedule(record.schedule, error).value_or(Schedule());
  return {schedule, record.ms, record.defaultMs, std::string(record.workload), std::string(record.version)};
}

std::optional<Winner> Records::winner(const TunedKernel &kernel) const {
  auto at = lowerBound(records, kernel);
  bool known = at != records.end() && isOf(*at, kernel) && at->word.empty();
  return known ? std::optional(winnerOf(*at)) : std::nullopt;
}

bool Records::failed(const TunedKernel &kernel, const Schedule &schedule) const {
  std::string text = printSchedule(schedule);
  for (auto at = lowerBound(records, kernel); at != records.end() && isOf(*at, kernel); ++at)
    if (!at->word.empty() && at->word != defaultIsBest && at->schedule == text)
      return true;
  return false;
}

bool Records::keepsDefault(const TunedKernel &kernel) const {
  for (auto at = lowerBound(records, kernel); at != records.end() && isOf(*at, kernel); ++at)
    if (at->word == defaultIsBest)
      return true;
  return false;
}

size_t Records::winners() const {
  return size_t(std::count_if(records.begin(), records.end(), [](const Record &r) { return r.word.empty(); }));
}

std::string Records::text() const {
  std::vector<std::string> lines;
  for (const Record &r : records) {
    std::string &line = lines.emplace_back(recordVersion);
    for (std::string_view part : {r.target, r.machine, r.kernel, r.workload, r.schedule})
      line.append(1, '\t').append(part);
    line += '\t';
    if (r.word.empty())
      appendTime(line, r.ms), line += '\t', appendTime(line, r.defaultMs);
    else
      line.append(r.word).append("\t-");
    line.append(1, '\t').append(r.version).append(1, '\n');
  }
  std::sort(lines.begin(), lines.end());
  std::string text = "# Schedules that `ganc tune` found. Version, target, machine, kernel, workload, schedule, ms, ms "
                     "of the default, ganc.\n";
  for (const std::string &line : lines)
    text += line;
  return text;
}

} // namespace gan
