// info: describes the program: shapes, parameters, memory, kernels; with --json also everything that `trace` reads and
// writes.
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/DeviceInfo.h"
#include "runtime/data/DataSummary.h"
#include "runtime/data/TrainingData.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"
#include "runtime/train/MemoryNeed.h"

#include <set>
#include <sstream>

namespace ganrt {
namespace {

constexpr const char *dtypes[] = {"F32", "F64", "U8", "U32"};
constexpr const char *inputKinds[] = {"image", "vector", "label", "uniform", "normal", "categorical", "mask"};
constexpr const char *roles[] = {"parameter", "buffer", "optimizer"};

size_t parametersOf(const gan_program &program, const gan_block &block) {
  size_t parameters = 0;
  for (uint32_t i = 0; i < program.num_states; ++i)
    if (program.states[i].role == GAN_ROLE_PARAMETER && std::string(program.states[i].block) == block.name)
      parameters += elementsOf(program.states[i].layout);
  return parameters;
}

Json tensorJson(const std::string &name, const gan_layout &layout) {
  return {{"name", name},
          {"dtype", dtypes[layout.dtype]},
          {"shape", std::vector<int64_t>(layout.shape, layout.shape + layout.rank)}};
}

Json memoryJson(const MemoryNeed &need) {
  return {{"total", need.total()},         {"program", need.program}, {"state", need.state},
          {"checkpoint", need.checkpoint}, {"step", need.step},       {"batches", need.batches},
          {"pictures", need.pictures},     {"data", need.data}};
}

Json blocksJson(const gan_program &program) {
  Json out = Json::array();
  for (uint32_t b = 0; b < program.num_blocks; ++b)
    out.push_back({{"name", program.blocks[b].name},
                   {"kind", program.blocks[b].kind},
                   {"parameters", parametersOf(program, program.blocks[b])},
                   {"layers", program.blocks[b].layers}});
  return out;
}

Json infoJson(const gan_program &program, const MemoryNeed &need) {
  Json out{{"model", program.model},
           {"ganc", program.ganc_version},
           {"source", program.source_path},
           {"source_hash", program.source_hash},
           {"source_text", program.source_text},
           {"program_version", program.version},
           {"target", program.target},
           {"cpu_features", program.cpu_features},
           {"batch", program.batch},
           {"epochs", program.epochs},
           {"epoch_iterations", program.epoch_iterations},
           {"state_bytes", program.state_bytes},
           {"memory", memoryJson(need)},
           {"blocks", blocksJson(program)}};
  Numbers numbers(program, {});
  for (uint32_t i = 0; i < program.num_constants; ++i)
    out["numbers"][program.constants[i].name] = numbers.constant(i, {}, 0);
  for (uint32_t i = 0; i < program.num_steps; ++i) {
    Json blocks = Json::array();
    for (uint32_t b = 0; b < program.steps[i].num_blocks; ++b)
      blocks.push_back(program.blocks[program.steps[i].blocks[b]].name);
    out["steps"].push_back(
        {{"name", program.steps[i].name},
         {"every", program.steps[i].every},
         {"times", program.steps[i].times},
         {"stream", program.steps[i].stream < 0 ? Json() : Json(program.streams[program.steps[i].stream].name)},
         {"blocks", blocks}});
  }
  for (uint32_t i = 0; i < program.num_states; ++i) {
    Json t = tensorJson(program.states[i].name, program.states[i].layout);
    t["role"] = roles[program.states[i].role];
    t["block"] = program.states[i].block;
    out["state"].push_back(t);
  }
  const gan_graph &train = *findGraph(program, GAN_GRAPH_TRAIN);
  // A step that differs between streams occurs once for each, with the same names, so repeated names are skipped.
  std::set<std::pair<std::string, bool>> inputs; // names, and whether each repetition has its own
  std::set<std::string> outputs;
  for (uint32_t i = 0; i < train.num_inputs; ++i) {
    if (!inputs.insert({train.inputs[i].name, train.inputs[i].step >= 0}).second)
      continue;
    Json t = tensorJson(train.inputs[i].name, train.inputs[i].layout);
    t["kind"] = inputKinds[train.inputs[i].kind];
    t["lo"] = train.inputs[i].lo, t["hi"] = train.inputs[i].hi;
    if (int32_t step = train.inputs[i].step; step >= 0) // NAME.ITERATION.REPETITION
      t["step"] = program.steps[step].name, t["times"] = program.steps[step].times;
    out["inputs"].push_back(t);
  }
  if (program.num_streams)
    out["inputs"].push_back(
        {{"name", "stream"}, {"dtype", "F32"}, {"shape", Json::array()}, {"kind", "stream"}, {"lo", 0}, {"hi", 1}});
  for (uint32_t i = 0; i < train.num_observations; ++i)
    if (outputs.insert(train.observations[i].name).second)
      out["outputs"].push_back(tensorJson(train.observations[i].name, train.observations[i].layout));
  for (uint32_t i = 0; i < program.num_graphs; ++i) {
    const gan_graph &g = program.graphs[i];
    Json graph{{"name", g.name},
               {"arena_bytes", g.arena_bytes},
               {"sum_bytes", g.sum_bytes},
               {"input_bytes", g.input_bytes},
               {"calls", g.num_calls}};
    if (g.block >= 0) {
      graph["block"] = program.blocks[g.block].name;
      for (uint32_t k = 0; k < g.num_inputs; ++k) { // what `apply` takes
        graph["inputs"].push_back(tensorJson(g.inputs[k].name, g.inputs[k].layout));
        graph["inputs"].back()["kind"] = inputKinds[g.inputs[k].kind];
      }
    }
    out["graphs"].push_back(graph);
  }
  for (uint32_t i = 0; i < program.num_kernels; ++i) {
    const gan_kernel &k = program.kernels[i];
    out["kernels"].push_back(
        {{"name", k.name}, {"anchor", k.anchor}, {"schedule", k.schedule}, {"flops", k.flops}, {"bytes", k.bytes}});
  }
  if (program.num_devices)
    out["devices"] = devicesJson(program);
  return out;
}

void printMemory(const gan_program &program, const MemoryNeed &need) {
  auto mib = [](uint64_t bytes) { return double(bytes) / 1048576; };
  printf("\nmemory while training: %.0f MiB at most%s\n", mib(need.total()),
         need.data ? "" : ", and the images of the data (info --data DATA counts them)");
  printf(
      "  state %.1f, checkpoint %.1f, step %.1f, batches %.1f, evaluation and pictures %.1f, data %.1f, program %.1f\n",
      mib(need.state), mib(need.checkpoint), mib(need.step), mib(need.batches), mib(need.pictures), mib(need.data),
      mib(need.program));
  for (uint32_t i = 0; i < program.num_graphs; ++i) {
    const gan_graph &g = program.graphs[i];
    std::string name = std::string(g.name) + (g.block >= 0 ? std::string(" ") + program.blocks[g.block].name : "");
    printf("  graph %-12s %3u calls, arena %.2f MiB (all buffers apart: %.2f MiB), data %.2f MiB\n", name.c_str(),
           g.num_calls, mib(g.arena_bytes), mib(g.sum_bytes), mib(g.input_bytes));
  }
}

void printText(const gan_program &program, const MemoryNeed &need) {
  printf("model %s from %s, batch %u, built by ganc %s for %s, program version %u\n\n", program.model,
         program.source_path, program.batch, program.ganc_version, program.target, program.version);
  for (uint32_t b = 0; b < program.num_blocks; ++b)
    printf("%s %s: %zu parameters\n%s\n", program.blocks[b].kind, program.blocks[b].name,
           parametersOf(program, program.blocks[b]), program.blocks[b].layers);
  printf("numbers (--set name=value):\n");
  Numbers numbers(program, {});
  for (uint32_t i = 0; i < program.num_constants; ++i)
    printf("  %-24s %g\n", program.constants[i].name, numbers.constant(i, {}, 0));
  printMemory(program, need);
  printf("\nkernels:\n");
  for (uint32_t i = 0; i < program.num_kernels; ++i)
    printf("  %s  %-18s %s\n", program.kernels[i].name, program.kernels[i].anchor, program.kernels[i].schedule);
  printDevices(program);
  printf("\nsource:\n%s", program.source_text);
}

class Info : public Command {
public:
  void describe(po::options_description &options) override {
    options.add_options()(
        "json", po::bool_switch(&json),
        "all of it as JSON, with every tensor of the state, input of an iteration and output by trace's names");
    addDataOptions(options, data);
  }

  int run(const gan_program &program, const Given &) override {
    Parts parts;
    Json seen;
    if (data.isGiven() && readsData(program))
      seen = read(program, parts);
    MemoryNeed need = memoryNeed(program, parts.train, parts.test);
    if (json) {
      Json all = infoJson(program, need);
      if (!seen.is_null())
        all["data"] = seen;
      printf("%s\n", all.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
      return 0;
    }
    if (data.isGiven())
      printData(seen);
    printText(program, need);
    return 0;
  }

private:
  /// Reads and summarises the data that training would read.
  Json read(const gan_program &program, Parts &parts) {
    startKernels(threadCount(0)); // their threads also decode images
    data.quiet = true;
    WantedData wanted = wantedData(program, *findGraph(program, GAN_GRAPH_TRAIN));
    wanted.compare = true; // read labels even if the model does not use them
    std::string note;
    parts = loadParts(data, wanted, note);
    if (std::string why = insufficient(program, parts.train); !why.empty())
      addNote(note, "warning: " + why);
    Words notes;
    std::istringstream lines(note);
    for (std::string line; std::getline(lines, line);)
      notes.push_back(line);
    WantedData own = wanted; // a label of its own source stands behind the others
    for (size_t i = wanted.others.size(); i < parts.train.others.size(); ++i)
      own.others.emplace_back();
    return {{"train", summaryOf(parts.train, own)}, {"test", summaryOf(parts.test, own)}, {"notes", notes}};
  }

  void printData(const Json &seen) const {
    printf("data %s\n", printable(data.shown()).c_str());
    if (seen.is_null()) {
      puts("  is not read: the model has none\n");
      return;
    }
    for (const char *part : {"train", "test"})
      printf("%s part:\n%s", part, summaryText(seen[part]).c_str());
    for (const Json &note : seen["notes"])
      printf("%s\n", printable(note.get<std::string>()).c_str());
    puts("");
  }

  DataOptions data;
  bool json = false;
};

} // namespace

const CommandEntry infoEntry{"info", "the model, its shapes, memory, kernels; with --data what would be read of it",
                             "[--json] [--data DATA]", "info --data mnist/\ninfo --json", makeCommand<Info>};

} // namespace ganrt
