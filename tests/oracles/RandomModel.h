// Models that nobody wrote: valid models drawn at random from the language's layers, objectives and optimizers.
#pragma once

#include <cstdint>
#include <string>

namespace gan::test {

/// The text of a model, which depends only on the seed. Sizes come from a small set, so that models share kernels.
std::string randomModel(uint64_t seed);

/// Another kind of model: several steps with all qualifiers, blocks of any layers, objectives with any functions.
std::string randomTraining(uint64_t seed);

} // namespace gan::test
