#include "runtime/train/Checkpoints.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

namespace fs = std::filesystem;

namespace ganrt {

BestMetric bestMetric(const gan_program &program, const std::string &text) {
  bool directed = text.starts_with("min:") || text.starts_with("max:");
  BestMetric best{directed ? text.substr(4) : text, text.starts_with("max:")};
  if (text.empty())
    return best;
  Words names;
  for (uint32_t g = 0; g < program.num_graphs; ++g)
    for (uint32_t i = 0; i < program.graphs[g].num_observations; ++i) {
      const gan_observation &o = program.graphs[g].observations[i];
      if (o.kind != GAN_OBSERVE_LOSS && o.kind != GAN_OBSERVE_METRIC)
        continue;
      if (std::find(names.begin(), names.end(), o.name) == names.end())
        names.emplace_back(o.name);
      if (!directed && o.kind == GAN_OBSERVE_LOSS && best.name == o.name)
        best.maximize = o.maximize, directed = true;
    }
  if (std::find(names.begin(), names.end(), best.name) == names.end()) {
    std::string near = nearestName(best.name, names), all;
    for (const std::string &name : names)
      all += (all.empty() ? "; there are " : ", ") + name;
    throw UserError(best.name.empty() ? "--best " + text + " names no loss or metric" + all
                                      : "--best: the model has no loss or metric " + best.name +
                                            (near.empty() ? all : ": did you mean " + near + "?"));
  }
  if (!directed)
    throw UserError("--best " + best.name + ": say max:" + best.name + " or min:" + best.name);
  return best;
}

Checkpoints::Checkpoints(const gan_program &program, const std::string &folder, const CheckpointPolicy &policy,
                         LineFile &metrics)
    : program(program), folder(folder), policy(policy), metrics(metrics), metric(bestMetric(program, policy.best)) {}

static bool holds(const std::string &path, uint64_t iteration) {
  try {
    return pathExists(path) && readCheckpointInfo(path).moment.iteration == iteration;
  } catch (const DamagedFile &) {
    return false;
  }
}

void Checkpoints::restore(const State &state, const CheckpointInfo &info) {
  bestValue = info.training.at("best");
  sinceBest = info.training.value("since_best", uint64_t(0));
  for (const std::string name : info.training.value("names", Json::array())) {
    std::string path = folder + "/" + name + ".safetensors";
    if (!holds(path, info.moment.iteration))
      saveState(program, state, path, info);
  }
}

bool Checkpoints::due() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - rolled).count() >= policy.seconds &&
         !writer.busy();
}

void Checkpoints::later(const State &state, const CheckpointInfo &info) {
  rolled = std::chrono::steady_clock::now();
  write(state, info, {"last"});
}

void Checkpoints::now(const State &state, const CheckpointInfo &info) {
  later(state, info);
  writer.wait();
}

void Checkpoints::epoch(const State &state, CheckpointInfo info, const Json &values, std::function<void()> before) {
  Words names;
  char step[32];
  snprintf(step, sizeof step, "step-%08llu", static_cast<unsigned long long>(info.moment.iteration));
  if (policy.keep > 0)
    names.emplace_back(step);
  bool better = improves(values);
  sinceBest = better ? 0 : sinceBest + 1;
  if (better)
    names.emplace_back("best");
  if (info.training.is_object()) {
    info.training["best"] = bestValue;
    info.training["since_best"] = sinceBest;
    info.training["names"] = names;
  }
  if (names.empty())
    writer.start(std::move(before));
  else
    write(state, info, names, std::move(before));
}

void Checkpoints::final(const State &state, const CheckpointInfo &info) {
  write(state, info, {"final"});
  writer.wait();
  std::error_code error;
  fs::remove(folder + "/last.safetensors", error);
}

/// Writes one file under all of the names. Each name appears only when the file is whole.
void Checkpoints::write(const State &state, const CheckpointInfo &info, const Words &names,
                        std::function<void()> before) {
  writer.wait();
  if (copy)
    copy->assign(state);
  else
    copy = std::make_unique<State>(cpu(), state);
  writer.start([this, info, names, before = std::move(before)] {
    if (before)
      before();
    metrics.sync();
    std::string first = folder + "/" + names[0] + ".safetensors";
    saveState(program, *copy, first, info);
    for (size_t i = 1; i < names.size(); ++i)
      if (std::string path = folder + "/" + names[i] + ".safetensors"; !linkFile(first, path))
        saveState(program, *copy, path, info);
    removeOld();
  });
}

bool Checkpoints::improves(const Json &values) {
  for (const char *part : {"test", "train"}) {
    if (metric.name.empty() || !values.contains(part) || !values[part].contains(metric.name))
      continue;
    double value = values[part][metric.name];
    if (!std::isfinite(value) || (bestValue.is_number() && (metric.maximize ? value <= bestValue : value >= bestValue)))
      return false;
    bestValue = value;
    return true;
  }
  return false;
}

/// The iteration in the name `step-00001200.safetensors`; nothing for any other name, whose file is not ours to remove.
static std::optional<uint64_t> iterationOf(const fs::path &path) {
  std::string name = path.stem();
  uint64_t iteration = 0;
  if (!name.starts_with("step-") || path.extension() != ".safetensors")
    return std::nullopt;
  auto [end, error] = std::from_chars(name.data() + strlen("step-"), name.data() + name.size(), iteration);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(iteration) : std::nullopt;
}

void Checkpoints::removeOld() const {
  if (policy.keep <= 0)
    return;
  std::map<uint64_t, fs::path> steps; // by number: names of more than eight digits are not in the order of texts
  for (const auto &entry : fs::directory_iterator(folder))
    if (std::optional<uint64_t> iteration = iterationOf(entry.path()))
      steps[*iteration] = entry.path();
  while (steps.size() > size_t(policy.keep)) {
    fs::remove(steps.begin()->second);
    steps.erase(steps.begin());
  }
}

} // namespace ganrt
