#include "runtime/train/Checkpoint.h"
#include "runtime/base/Error.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"
#include "runtime/data/Columns.h"
#include "runtime/program/Graph.h"
#include "runtime/program/Layout.h"
#include "runtime/train/CheckpointFiles.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace ganrt {
namespace {

uint64_t number(const std::string &path, const std::map<std::string, std::string> &metadata, const char *name) {
  auto it = metadata.find(name);
  if (it == metadata.end())
    return 0;
  const std::string &text = it->second;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UserError(path + ": its metadata " + name + " is no whole number: " + text);
  return value;
}

std::string textOf(const std::map<std::string, std::string> &metadata, const char *name) {
  auto it = metadata.find(name);
  return it == metadata.end() ? "" : it->second;
}

/// The texts of a list; none if this is not a list.
Words texts(const Json &list) {
  Words out;
  for (const Json &text : list.is_array() ? list : Json::array())
    out.push_back(text.is_string() ? text.get<std::string>() : text.dump());
  return out;
}

/// The iterations at which plateaus were reached.
std::vector<std::vector<uint64_t>> momentsOf(const std::string &path, const Json &lists) {
  auto isList = [](const Json &list) {
    return list.is_array() &&
           std::all_of(list.begin(), list.end(), [](const Json &n) { return n.is_number_unsigned(); }) &&
           std::is_sorted(list.begin(), list.end());
  };
  if (!lists.is_array() || !std::all_of(lists.begin(), lists.end(), isList))
    throw UserError(path + ": its metadata on plateaus does not parse");
  std::vector<std::vector<uint64_t>> out;
  for (const Json &list : lists)
    out.push_back(list.get<std::vector<uint64_t>>());
  return out;
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
  if (std::string reached = textOf(metadata, "plateaus"); !reached.empty())
    info.moment.plateaus = momentsOf(path, Json::parse(reached, nullptr, false));
  if (std::string classes = textOf(metadata, "classes"); !classes.empty())
    info.classes = texts(Json::parse(classes, nullptr, false));
  if (std::string table = textOf(metadata, "table"); !table.empty())
    info.table = schemeOf(path, Json::parse(table, nullptr, false));
  return info;
}

/// The lines as text, or only the first ones if there are many.
std::string asLines(const Words &lines, size_t most = 5) {
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), most); ++i)
    text += "\n  " + lines[i];
  return lines.size() > most ? text + "\n  and " + std::to_string(lines.size() - most) + " more" : text;
}

/// What the file lacks of the model, and what it has beyond it, as lines of text.
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
    fprintf(stderr, "%s: %s:%s\n", printable(path).c_str(), what.c_str(), asLines(lines, lines.size()).c_str());
}

/// Whether this has the form that Averages::save gives to its sums.
bool areSums(const Json &sums, size_t count) {
  return sums.is_array() && sums.size() == count && std::all_of(sums.begin(), sums.end(), [](const Json &sum) {
           return sum.is_array() && sum.size() == 2 && sum[0].is_string() && sum[1].is_number_unsigned();
         });
}

/// Whether this is a list of names of files in the folder itself, not elsewhere.
bool areNames(const Json &names) {
  return names.is_array() && std::all_of(names.begin(), names.end(), [](const Json &name) {
           return name.is_string() && name.get<std::string>().find('/') == std::string::npos;
         });
}

} // namespace

CheckpointInfo readCheckpointInfo(const std::string &path) { return infoOf(path, TensorReader(path).metadata()); }

void expectResumable(const gan_program &program, const std::string &path, const CheckpointInfo &info) {
  if (!info.training.is_object())
    throw UserError(path + ": does not tell where training stood; --warm-start uses its tensors in a new run");
  size_t sums = findGraph(program, GAN_GRAPH_TRAIN)->num_observations;
  auto expect = [&](const char *field, bool optional, auto isRight) {
    auto it = info.training.find(field);
    if (it == info.training.end() ? !optional : !isRight(*it))
      throw UserError(path + ": its metadata training: the field " + field +
                      (it == info.training.end() ? " is missing" : " is not what a checkpoint holds") +
                      "; --warm-start uses its tensors in a new run");
  };
  auto isCount = [](const Json &value) { return value.is_number_unsigned(); };
  expect("metrics_bytes", false, isCount);
  expect("timings_lines", true, isCount);
  expect("recent", false, [&](const Json &value) { return areSums(value, sums); });
  expect("epoch", false, [&](const Json &value) { return areSums(value, sums); });
  expect("best", false, [](const Json &value) { return value.is_number() || value.is_null(); });
  expect("since_best", true, isCount);
  expect("names", true, areNames);
}

static CheckpointInfo loadTensors(const gan_program &program, State &state, const std::string &path, Fit fit) {
  TensorReader file(path);
  if (!file.hasDigests())
    fprintf(stderr, "note: %s has no digests, so that damage to it would not be seen\n", printable(path).c_str());
  CheckpointInfo info = infoOf(path, file.metadata());
  Differences differences = compare(program, file);
  if (fit != Fit::Partial && !differences.lacking.empty())
    throw UserError(path + ": does not fit this model" + (fit == Fit::Whole ? " (--partial loads what does):" : ":") +
                    asLines(differences.lacking));
  if (fit == Fit::Partial) {
    tell(path, "not loaded, left as in a fresh state", differences.lacking);
    tell(path, "not used", differences.other);
  } else if (!info.sourceHash.empty() && info.sourceHash != program.source_hash) {
    fprintf(stderr, "warning: %s was trained from another text of the model; its tensors fit this one\n",
            printable(path).c_str());
  }
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_state &s = program.states[i];
    auto it = file.entries().find(s.name);
    if (it != file.entries().end() &&
        it->second.shape == std::vector<int64_t>(s.layout.shape, s.layout.shape + s.layout.rank)) {
      bytes.resize(bytesOf(s.layout));
      toInside(s.layout, file.read(s.name).values.data(), bytes.data());
      state.write(s, bytes.data());
    }
  }
  return info;
}

CheckpointInfo loadState(const gan_program &program, State &state, const std::string &path, Fit fit) {
  try {
    return loadTensors(program, state, path, fit);
  } catch (const DamagedFile &e) {
    throw UserError(e.what() + wholeInstead(path));
  }
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
  if (!info.table.header.empty())
    metadata["table"] = jsonOf(info.table).dump();
  if (program.num_plateaus)
    metadata["plateaus"] = Json(info.moment.plateaus).dump();
  if (!info.classes.empty())
    metadata["classes"] = Json(info.classes).dump();
  std::vector<float> buffer;
  writeTensors(path, heads, metadata, [&](size_t i, const WriteBytes &write) {
    const gan_layout &layout = program.states[i].layout;
    const void *memory = state.read(program.states[i]);
    if (layout.dtype == GAN_F32)
      write(floatsOutside(layout, memory, buffer), elementsOf(layout) * sizeof(float));
    else
      writeNumbers(toOutside(layout, memory), heads[i].wide, write);
  });
}

} // namespace ganrt
