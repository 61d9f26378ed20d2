// Models that nobody wrote: valid models drawn at random from the language's layers, objectives and optimizers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gan::test {

/// The text of a model, which depends only on the seed. Sizes come from a small set, so that models share kernels.
std::string randomModel(uint64_t seed);

/// Another kind of model: several steps with all qualifiers, blocks of any layers, objectives with any functions.
std::string randomTraining(uint64_t seed);

/// For each function, expressions that are one number per sample; `@` stands for two numbers that a block computes.
const std::map<std::string_view, std::vector<std::string>> &functionTexts();

/// What a model of the other kind may have besides blocks of any layers: blocks, their text, and an objective that
/// reaches them, so that a step may update them.
struct RandomPart {
  std::string blocks, text, objective;
};
const std::vector<RandomPart> &randomParts();

} // namespace gan::test
