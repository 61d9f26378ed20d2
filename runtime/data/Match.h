// Brings the samples of two sources together.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Makes sample i of `other` the one that belongs to sample i of `data`. Where both are files, those of the same name
/// (without its ending, with the folders beneath the source) belong together, and what has no partner in `data` is left
/// out, which `note` mentions; else they are in the same order, and there are as many of both. Throws UserError with
/// the counts and the names of samples that have no partner.
void match(const Dataset &data, Dataset &other, std::string &note);

} // namespace ganrt
