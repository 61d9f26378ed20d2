// The weight of the importance-weighted bound (Burda et al. 2016), from which the likelihood of data is estimated. It
// is put together as expressions of the language, so it needs nothing of the importer.
#pragma once

#include "dsl/Model.h"
#include "dsl/Uses.h"

namespace gan {

/// log p(x | z) + log p(z) - log q(z | x) with z drawn from q.
struct ImportanceWeight {
  dsl::ExprPtr likelihood;
  std::vector<std::pair<dsl::ExprPtr, dsl::ExprPtr>> latents; ///< log p(z), log q(z | x)
};

/// The weight of an application of a decoder. It exists for a decoder of one distribution over the data that reads
/// labels and samples of encoders of the data whose prior is standard normal, which means that the model compares them
/// with it or that the decoder's header names a normal latent. Nothing for other models.
std::optional<ImportanceWeight> importanceWeight(const dsl::Model &model, const dsl::Uses &uses,
                                                 const dsl::Expr &application);

} // namespace gan
