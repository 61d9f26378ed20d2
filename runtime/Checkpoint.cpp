#include "runtime/Checkpoint.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"
#include "runtime/Safetensors.h"
#include "runtime/Text.h"

#include <algorithm>

namespace ganrt {
namespace {

uint64_t number(const std::string &path, const std::map<std::string, std::string> &metadata, const char *name) {
  auto it = metadata.find(name);
  if (it == metadata.end())
    return 0;
  char *end = nullptr;
  uint64_t value = std::strtoull(it->second.c_str(), &end, 10);
  if (it->second.empty() || *end)
    throw UserError(path + ": its metadata " + name + " is no number");
  return value;
}

std::string textOf(const std::map<std::string, std::string> &metadata, const char *name) {
  auto it = metadata.find(name);
  return it == metadata.end() ? "" : it->second;
}

CheckpointInfo infoOf(const std::string &path, const std::map<std::string, std::string> &metadata) {
  CheckpointInfo info{{number(path, metadata, "iteration"), number(path, metadata, "epoch_iterations")},
                      number(path, metadata, "seed"),
                      textOf(metadata, "source_hash"),
                      nullptr};
  if (std::string training = textOf(metadata, "training"); !training.empty()) {
    info.training = Json::parse(training, nullptr, false);
    if (!info.training.is_object())
      throw UserError(path + ": its metadata on the training does not parse");
  }
  return info;
}

/// The first lines of many.
std::string listed(const Words &lines, size_t most = 5) {
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), most); ++i)
    text += "\n  " + lines[i];
  return lines.size() > most ? text + "\n  and " + std::to_string(lines.size() - most) + " more" : text;
}

/// What the file lacks of the model, and has beyond it, each as a line.
struct Differences {
  Words lacking, other;
};
Differences compare(const gan_program &program, const TensorReader &file) {
  Differences found;
  std::set<std::string> names;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_layout &l = program.states[i].layout;
    std::vector<int64_t> shape(l.shape, l.shape + l.rank);
    std::string name = program.states[i].name;
    names.insert(name);
    auto it = file.entries().find(name);
    if (it == file.entries().end())
      found.lacking.push_back("tensor " + name + " is missing");
    else if (it->second.shape != shape)
      found.lacking.push_back("tensor " + name + " has shape " + shapeText(it->second.shape) + ", the model's is " +
                              shapeText(shape));
  }
  for (auto &[name, entry] : file.entries())
    if (!names.contains(name))
      found.other.push_back("tensor " + name + " is not of this model");
  return found;
}

void tell(const std::string &path, const std::string &what, const Words &lines) {
  if (!lines.empty())
    fprintf(stderr, "%s: %s:%s\n", printable(path).c_str(), what.c_str(), listed(lines, lines.size()).c_str());
}

} // namespace

std::string checkpointPath(const std::string &where) {
  std::string folder = where + "/checkpoints/", last = folder + "last.safetensors",
              final = folder + "final.safetensors";
  if (!pathExists(last) || !pathExists(final))
    return pathExists(last) ? last : pathExists(final) ? final : where;
  return readCheckpointInfo(last).moment.iteration >= readCheckpointInfo(final).moment.iteration ? last : final;
}

CheckpointInfo readCheckpointInfo(const std::string &path) { return infoOf(path, TensorReader(path).metadata()); }

CheckpointInfo loadState(const gan_program &program, const State &state, const std::string &path, Fit fit) {
  TensorReader file(path);
  CheckpointInfo info = infoOf(path, file.metadata());
  Differences differences = compare(program, file);
  if (fit != Fit::Partial && !differences.lacking.empty())
    throw UserError(path + ": does not fit this model" + (fit == Fit::Whole ? " (--partial loads what does):" : ":") +
                    listed(differences.lacking));
  if (fit == Fit::Partial) {
    tell(path, "not loaded, left as in a fresh state", differences.lacking);
    tell(path, "not used", differences.other);
  } else if (!info.sourceHash.empty() && info.sourceHash != program.source_hash) {
    fprintf(stderr, "warning: %s was trained from another text of the model; its tensors fit this one\n",
            printable(path).c_str());
  }
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_state &s = program.states[i];
    auto it = file.entries().find(s.name);
    if (it != file.entries().end() &&
        it->second.shape == std::vector<int64_t>(s.layout.shape, s.layout.shape + s.layout.rank))
      toInside(s.layout, file.read(s.name).values.data(), state.tensor(s));
  }
  return info;
}

void saveState(const gan_program &program, const State &state, const std::string &path, const CheckpointInfo &info) {
  std::vector<TensorHead> heads;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_layout &l = program.states[i].layout;
    heads.push_back({program.states[i].name, {l.shape, l.shape + l.rank}, l.dtype == GAN_F64});
  }
  std::map<std::string, std::string> metadata{{"format", "pt"},
                                              {"model", program.model},
                                              {"source_hash", program.source_hash},
                                              {"iteration", std::to_string(info.moment.iteration)},
                                              {"epoch_iterations", std::to_string(info.moment.epochIterations)},
                                              {"seed", std::to_string(info.seed)}};
  if (info.training.is_object())
    metadata["training"] = info.training.dump();
  std::vector<float> buffer;
  writeTensors(path, heads, metadata, [&](size_t i, const WriteBytes &write) {
    const gan_layout &layout = program.states[i].layout;
    const void *memory = state.tensor(program.states[i]);
    if (layout.dtype == GAN_F32)
      write(floatsOutside(layout, memory, buffer), elementsOf(layout) * sizeof(float));
    else
      writeNumbers(toOutside(layout, memory), heads[i].wide, write);
  });
}

} // namespace ganrt
