// find-fault: what a training run starts by itself after a kernel faulted on a GPU (FaultSearch.h). Users do not call
// it, and no list of commands has it. It reads the run's folder and writes nothing but a sentence to standard output.
#include "runtime/commands/Command.h"
#include "runtime/commands/NumberOption.h"
#include "runtime/data/TrainingData.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/CheckpointFiles.h"
#include "runtime/train/FindFault.h"

namespace ganrt {
namespace {

class FindFault : public Command {
public:
  void describe(po::options_description &options) override {
    options.add_options()("run", po::value(&folder)->value_name("RUN")->required(), "the run's folder")(
        "until", number(&until, 0, anyNumber)->value_name("N"), "the iteration by which the fault was noticed")(
        "augment", po::value(&data.augment), "as in train")("balance", po::bool_switch(&data.balance), "as in train")(
        "pictures", number(&pictures, 1, 4096)->value_name("N")->default_value(64), "as in train");
    addDataOptions(options, data);
    addRunOptions(options, runs);
  }
  std::string basedOn() const override { return folder + "/config.json"; }

  int run(const gan_program &program, const Given &) override {
    data.quiet = true;
    std::unique_ptr<Device> device = startDevice(program, runs, false);
    Numbers numbers(program, runs.settings);
    TrainingData images = loadTrainingData(program, data);
    State state(*device, program, runs.seed);
    Moment from{0, images.epochIterations};
    if (std::optional<std::string> path = newestCheckpoint(folder))
      if (CheckpointInfo info = loadState(program, state, *path, Fit::Whole); info.training.is_object())
        from = info.moment;
    Replay replay{.session = {program, state, numbers, runs.seed},
                  .data = images.train,
                  .augmentation = readAugmentation(data.augment),
                  .moment = from,
                  .until = uint64_t(until)};
    fputs(findFault(replay, images, pictures).c_str(), stdout);
    return 0;
  }

private:
  std::string folder;
  int64_t until = 0, pictures = 0;
  DataOptions data;
  RunOptions runs;
};

} // namespace

const CommandEntry findFaultEntry{"find-fault", "name the kernel of a run that faults on a GPU", "--run RUN --until N",
                                  "find-fault --run runs/a --until 100", makeCommand<FindFault>};

} // namespace ganrt
