// What follows for lets from the model alone, before any graph is built: what they stand for, whether they contain
// draws, and which future gan.steps are computed from them.
#pragma once

#include "dsl/Model.h"

#include <map>

namespace gan {

/// What a let, or a let that names a let, stands for, and which of its outputs it is.
std::pair<const dsl::Expr *, int> originOf(const dsl::Model &model, const dsl::Expr &e);

/// Whether a let, or a let that it is computed from, contains a draw.
bool isRandom(const dsl::Model &model, int let);

/// For each let in front of the steps, the indices of the future gan.steps that name it. Metrics only watch, so lets
/// that only metrics name are not there.
std::map<int, std::vector<int64_t>> usersOfLets(const dsl::Model &model);

/// The lets in front of the steps from which only metrics are computed.
std::vector<int> watchedLets(const dsl::Model &model);

} // namespace gan
