// Models that nobody wrote: valid ones drawn from the language's layers, objectives and optimizers.
#pragma once

#include <cstdint>
#include <string>

namespace gan::test {

/// The text of a model; the same for a seed. Sizes come from a small set, so that kernels recur between models.
std::string randomModel(uint64_t seed);

/// Another kind: several steps with all their qualifiers, blocks of any layers, objectives of any functions.
std::string randomTraining(uint64_t seed);

} // namespace gan::test
