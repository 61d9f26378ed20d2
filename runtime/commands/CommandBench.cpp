// bench: measures the time of a step and of each kernel against the machine's measured peak. The bare steps run on
// random data.
#include "runtime/base/Error.h"
#include "runtime/base/Machine.h"
#include "runtime/base/Progress.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/Profile.h"
#include "runtime/commands/Scaling.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"
#include "runtime/train/Following.h"
#include "runtime/train/Overhead.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace ganrt {
namespace {

/// Fills the inputs with random data in the declared range, and one-hot labels.
void fillInputs(Graph &graph, uint64_t seed) {
  const gan_graph &g = graph.table();
  for (uint32_t i = 0; i < g.num_inputs; ++i) {
    if (!isData(g.inputs[i]))
      continue;
    float *out = static_cast<float *>(graph.input(i));
    size_t count = elementsOf(g.inputs[i].layout), classes = size_t(g.inputs[i].layout.shape[1]);
    DrawKey s = drawKey(seed, std::string("bench.") + g.inputs[i].name);
    for (size_t k = 0; k < count; ++k)
      out[k] = g.inputs[i].kind == GAN_INPUT_LABEL
                   ? float(k % classes == k / classes % classes)
                   : float(g.inputs[i].lo + (g.inputs[i].hi - g.inputs[i].lo) * uniformAt(s, k));
  }
}

/// Floating-point operations of the calls that run in an iteration, which are not those of steps of other streams.
double flopsOf(const gan_program &program, const Graph &graph, const Moment &moment) {
  std::vector<bool> running = graph.streams.running(moment);
  const gan_graph &table = graph.table();
  double flops = 0;
  for (uint32_t g = 0; g < table.num_groups; ++g) {
    const gan_group &group = table.groups[g];
    double times = !runs(group, running) ? 0 : group.step < 0 ? 1 : program.steps[group.step].times;
    for (uint32_t c = group.first_call; c < group.first_call + group.num_calls; ++c)
      flops += times * program.kernels[table.calls[c].kernel].flops;
  }
  return flops;
}

/// Steps until caches and clocks have settled: nine, or fewer if they take a second. Ranks do the same number.
void warmUp(Graph &graph, bool alone) {
  double end = secondsSinceStart() + 1;
  for (uint64_t i = 1; i < (alone ? 10 : 4) && (i == 1 || !alone || secondsSinceStart() < end); ++i)
    graph.run({i, 0});
  graph.settle();
}

class Bench : public Command {
public:
  void describe(po::options_description &options) override {
    options.add_options()("steps", number(&steps, 1, 1000000000)->value_name("N")->default_value(200),
                          "iterations measured")("profile", po::bool_switch(&profile),
                                                 "time of each call, and the least that it can take")(
        "json", po::bool_switch(&json),
        "as JSON")("overhead", po::bool_switch(&overhead),
                   "a real run on --data against bare steps: what the trainer itself costs")(
        "scaling", po::bool_switch(&scaling),
        "what a step would take on up to 1,024 ranks (programs of ganc build --mpi)")(
        "link", number(&gigabits, 0.001, 1e6)->value_name("GBIT")->default_value(10),
        "with --scaling: Gbit/s of a rank's network")(
        "latency", number(&microseconds, 0, 1e6)->value_name("US")->default_value(50),
        "with --scaling: microseconds of a message")(
        "copying", number(&nanoseconds, 0, 1e6)->value_name("NS")->default_value(1.4, "1.4"),
        "with --scaling: nanoseconds in which a rank moves a byte to or from its network (1.4: TCP; 0: RDMA)")(
        "seconds", number(&seconds, 0.01, anyTime)->value_name("S")->default_value(20), "length of that run");
    addDataOptions(options, data);
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
    int threads = threadCount(runs.threads, given.ranks);
    bool leads = !given.ranks || given.ranks->leads();
    std::unique_ptr<Device> device = startDevice(program, runs, !json && leads, given.ranks);
    refuseOnRanks(program, given);
    if (overhead)
      return printOverhead(*device, program);
    Numbers numbers(program, runs.settings, given.ranks ? given.ranks->size() : 1);
    double before = secondsSinceStart();
    State state(*device, program, runs.seed);
    double made = secondsSinceStart();
    const gan_graph &table = *findGraph(program, GAN_GRAPH_TRAIN);
    Graph graph({program, state, numbers, runs.seed, given.ranks}, table);
    if (given.ranks)
      beginTogether(*given.ranks, *device, identityOf(program, runs.seed, runs.settings), !json);
    fillInputs(graph, runs.seed);
    graph.observeLater({}, {}); // as in training, a GPU runs an iteration while the host prepares the next
    double ready = secondsSinceStart();
    graph.run({0, 0});
    graph.settle();
    double toFirst = secondsSinceStart();
    bool onCpu = device->name() == "cpu";
    Roofline roofline{measuredPeak(threads) * 1e9, {}}; // and again behind the steps: whatever disturbs only lowers it
    warmUp(graph, !given.ranks);
    std::vector<double> times;
    double flops = 0; // of an iteration, on average
    Profile calls(table);
    if (profile || scaling)
      graph.timed = [&](uint32_t call, double time) { calls.add(call, time); };
    Progress progress(uint64_t(steps), json || !leads ? Output::Quiet : Output::Auto);
    for (int64_t i = 0; i < steps; ++i) {
      if (progress.due(uint64_t(i)))
        progress.show({.done = uint64_t(i)}, program.batch);
      auto start = std::chrono::steady_clock::now();
      Moment moment{uint64_t(10 + i), 0};
      graph.run(moment);
      times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      flops += flopsOf(program, graph, moment) / double(steps);
    }
    graph.settle();
    progress.finish();
    if (!leads)
      return 0;
    std::sort(times.begin(), times.end());
    double median = times[times.size() / 2], memory = peakMemory();
    roofline.flopsEachSecond = std::max(roofline.flopsEachSecond, measuredPeak(threads) * 1e9);
    if (profile && onCpu)
      roofline.bandwidths = measuredBandwidths(threads);
    double peak = roofline.flopsEachSecond * 1e-9;
    const Roofline *known = onCpu ? &roofline : nullptr; // of a card nothing was measured
    if (json) {
      Json out{{"model", program.model},
               {"device", device->name()},
               {"threads", threads},
               {"steps", steps},
               {"ms_median", median * 1e3},
               {"ms_best", times[0] * 1e3},
               {"gflops", flops / median * 1e-9},
               {"peak_gflops", peak},
               {"startup_ms", toFirst * 1e3},
               {"make_ms", (made - before) * 1e3},
               {"first_ms", (toFirst - ready) * 1e3},
               {"peak_mib", memory}};
      if (given.ranks)
        out["ranks"] = given.ranks->size();
      if (scaling)
        out["scaling"] = scalingJson(scaledSteps(table, calls, steps, link()), program.batch);
      if (profile)
        out["profile"] = profileJson(program, table, calls, steps, known);
      if (profile && onCpu) {
        out["bound_ms"] = boundOfStep(program, table, calls, steps, roofline) * 1e3;
        out["roofline"] = rooflineJson(roofline);
      }
      printf("%s\n", out.dump(2).c_str());
      return 0;
    }
    std::string on = onCpu ? std::to_string(threads) + " threads" : device->name();
    printf("%s, batch %u, %s: %.3f ms a step (median of %lld; best %.3f)\n", program.model, program.batch, on.c_str(),
           median * 1e3, static_cast<long long>(steps), times[0] * 1e3);
    printf("%.1f GFLOP/s", flops / median * 1e-9);
    if (onCpu)
      printf(", %.1f%% of the measured peak of %.0f", 100 * flops / median * 1e-9 / peak, peak);
    printf("; start to first step %.1f ms, of which drawing initial values %.1f, the step %.1f; peak memory %.0f MiB\n",
           toFirst * 1e3, (made - before) * 1e3, (toFirst - ready) * 1e3, memory);
    if (profile && onCpu)
      printBounds(roofline, boundOfStep(program, table, calls, steps, roofline), median);
    if (given.ranks)
      printf("%d ranks: %.0f images/s in all\n", given.ranks->size(),
             double(program.batch) * given.ranks->size() / median);
    if (scaling)
      fputs(scalingText(scaledSteps(table, calls, steps, link()), program.batch, link()).c_str(), stdout);
    if (profile)
      fputs(profileText(program, table, calls, steps, known).c_str(), stdout);
    return 0;
  }

private:
  static void printBounds(const Roofline &roofline, double bound, double median) {
    for (const Bandwidth &b : roofline.bandwidths)
      printf("%s %.0f GB/s in %g MiB", &b == roofline.bandwidths.data() ? "measured bandwidth:" : ",",
             b.bytesEachSecond * 1e-9, b.bytes / 1048576);
    printf("\nif each kernel took what it must at least, the step would take %.3f ms, %.1f%% of what it does\n",
           bound * 1e3, 100 * bound / median);
  }

  NetworkLink link() const { return {gigabits * 1e9 / 8, microseconds * 1e-6, nanoseconds * 1e-9}; }

  /// What several ranks cannot do together, or a program of one process not at all.
  void refuseOnRanks(const gan_program &program, const Given &given) const {
    if (scaling && !program.transport)
      throw UserError("--scaling needs a program whose batches ranks can share: ganc build --mpi");
    if (given.ranks && (scaling || overhead))
      throw UserError(std::string("--") + (scaling ? "scaling" : "overhead") +
                      " measures one process: start it without mpirun");
  }

  int printOverhead(Device &device, const gan_program &program) const {
    Json o = measureOverhead(device, program, data, runs, seconds, json ? Output::Quiet : Output::Auto);
    if (json) {
      printf("%s\n", o.dump(2).c_str());
      return 0;
    }
    printf("%s: a run of %llu iterations, %.2f epochs, took %.3f ms each, bare steps %.3f ms: the trainer's own work "
           "costs %.2f %%\n",
           program.model, static_cast<unsigned long long>(o["iterations"].get<uint64_t>()), o["epochs"].get<double>(),
           o["run_ms"].get<double>(), o["bare_ms"].get<double>(), o["own_percent"].get<double>());
    for (auto &[name, percent] : o["percent"].items())
      printf("  %-12s %.2f %%\n", name.c_str(), percent.get<double>());
    printf("besides, the evaluation of the test data: %.2f %%\n", o["evaluation_percent"].get<double>());
    return 0;
  }

  RunOptions runs;
  DataOptions data;
  int64_t steps = 200;
  double seconds = 20;
  double gigabits = 10, microseconds = 50, nanoseconds = 1.4;
  bool scaling = false;
  bool profile = false, json = false, overhead = false;
};

} // namespace

const CommandEntry benchEntry{"bench",
                              "time per step and per kernel against the machine's peak; time on the clock from the "
                              "start of the process\nto the end of its first step",
                              "[--steps N] [--profile] [options]",
                              "bench --steps 200 --profile\nbench --json --threads 1\n"
                              "bench --overhead --data mnist/\nbench --scaling --link 1 --latency 50",
                              makeCommand<Bench>};

} // namespace ganrt
