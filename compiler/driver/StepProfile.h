// The step of a model as its trainer measures it: what each kernel takes in the step itself, where caches are as cold
// as in training, and what the machine can do at best.
#pragma once

#include "compiler/driver/Runner.h"
#include "compiler/tuning/CostModel.h"

#include <map>

namespace gan {

struct StepProfile {
  struct Share {
    double ms = 0, boundMs = 0; ///< of all calls in a step; the least that they must take
  };
  double ms = 0;                       ///< of a step
  std::map<std::string, Share> shares; ///< by the kernel's symbol
  Machine machine;                     ///< without its vectors
};

struct ProfileOptions {
  std::string model, target;
  std::optional<int64_t> batch;
  int64_t threads = 0;
  Runner runner{};
  std::string machine{};       ///< the processor or the card that runs it
  std::string device = "cpu";  ///< as in --device
  std::string architectures{}; ///< of cards, as in --gpu-arch
};

/// Builds the trainer with the records of a file, as `ganc build` does; "" for none. Throws UserError.
void buildTrainer(const ProfileOptions &options, const std::string &records, const std::string &program,
                  const std::string &folder);

/// Runs so many steps. Throws UserError if the trainer or the runner fails.
StepProfile profileStep(const ProfileOptions &options, const std::string &program, int64_t steps,
                        const std::string &folder);

} // namespace gan
