// Streams: a model may take each iteration's batch from one of two parts of the data, and some terms of objectives
// count in one of them only. What a step does may thus depend on the stream; here it is found out how.
#pragma once

#include "dsl/Model.h"

#include <vector>

namespace gan {

/// The streams for each of which a step is imported, with the terms that count there; {-1} if it is the same in all.
std::vector<int> streamsOf(const dsl::Step &step);

/// Whether the gradient of a term that counts in this stream reaches the block.
bool reachedIn(const dsl::Model &model, const dsl::Objective &objective, int block, int stream);

/// Whether every stream that an iteration may take is one in which some of the objectives updates a block.
bool inEveryStream(const dsl::Model &model, const std::vector<dsl::Objective> &objectives);
bool inEveryStream(const dsl::Model &model, const dsl::Objective &objective);

} // namespace gan
