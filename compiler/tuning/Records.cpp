#include "compiler/tuning/Records.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>

namespace gan {
namespace {

constexpr const char *recordVersion = "1";
/// What can stand in place of a time.
constexpr const char *failureWords[] = {"refused", "broken", "late", "wrong"};

std::vector<std::string> fieldsOf(const std::string &line) {
  std::vector<std::string> fields;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = line.find('\t', begin);
    fields.push_back(line.substr(begin, end - begin));
  }
  return fields;
}

/// A time in milliseconds; nothing if the text is none.
std::optional<double> timeOf(const std::string &text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

std::string timeText(double ms) {
  char text[32];
  snprintf(text, sizeof text, "%.5g", ms);
  return text;
}

std::string lineOf(const TunedKernel &kernel, const std::string &schedule, const std::string &ms,
                   const std::string &defaultMs) {
  return std::string(recordVersion) + "\t" + kernel.target + "\t" + kernel.machine + "\t" + kernel.kernel + "\t" +
         schedule + "\t" + ms + "\t" + defaultMs + "\n";
}

} // namespace

void Records::add(const TunedKernel &kernel, const Winner &winner) {
  auto [it, fresh] = winners.try_emplace(kernel, winner);
  if (fresh)
    return;
  const Winner &old = it->second;
  double gain = winner.defaultMs / winner.ms, before = old.defaultMs / old.ms;
  if (gain > before || (gain == before && printSchedule(winner.schedule) < printSchedule(old.schedule)))
    it->second = winner;
}

void Records::addFailure(const TunedKernel &kernel, const Schedule &schedule, const std::string &word) {
  failures[{kernel, printSchedule(schedule)}] = word;
}

void Records::add(const std::string &text, std::vector<std::string> &warnings) {
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#')
      continue;
    std::vector<std::string> f = fieldsOf(line);
    auto skip = [&](const std::string &why) {
      warnings.push_back("line " + std::to_string(number) + " is skipped: " + why);
    };
    if (f.size() != 7 || f[0] != recordVersion) {
      skip("it is no record of version " + std::string(recordVersion) + ", which has 7 fields");
      continue;
    }
    std::string error;
    std::optional<Schedule> schedule = parseSchedule(f[4], error);
    if (!schedule) {
      skip(error);
      continue;
    }
    TunedKernel kernel{f[1], f[2], f[3]};
    std::optional<double> ms = timeOf(f[5]), defaultMs = timeOf(f[6]);
    bool isFailure = false;
    for (const char *word : failureWords)
      isFailure = isFailure || f[5] == word;
    if (isFailure)
      addFailure(kernel, *schedule, f[5]);
    else if (ms && defaultMs)
      add(kernel, {*schedule, *ms, *defaultMs});
    else
      skip("`" + f[5] + "` and `" + f[6] + "` are no times");
  }
}

const Winner *Records::winner(const TunedKernel &kernel) const {
  auto it = winners.find(kernel);
  return it == winners.end() ? nullptr : &it->second;
}

bool Records::failed(const TunedKernel &kernel, const Schedule &schedule) const {
  return failures.count({kernel, printSchedule(schedule)});
}

std::string Records::text() const {
  std::set<std::string> lines;
  for (const auto &[kernel, w] : winners)
    lines.insert(lineOf(kernel, printSchedule(w.schedule), timeText(w.ms), timeText(w.defaultMs)));
  for (const auto &[key, word] : failures)
    lines.insert(lineOf(key.first, key.second, word, "-"));
  std::string text =
      "# Schedules that `ganc tune` found. Version, target, machine, kernel, schedule, ms, ms of the default.\n";
  for (const std::string &line : lines)
    text += line;
  return text;
}

} // namespace gan
