// Summarises what a data set looks like to the model that reads it.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/data/Dataset.h"

namespace ganrt {

/// {"count", "shape", "stored", "classes": [{"number", "name", "count"}], "channels": [{"least", "largest", "mean"}]}:
/// "channels" has the range and mean of the values that the model reads, for each channel of an image or each number of
/// a vector.
Json summaryOf(const Dataset &data, const WantedData &wanted);

/// The same for people, in lines that start with two spaces.
std::string summaryText(const Json &summary);

} // namespace ganrt
