// The data that a run trains on and is tested on, and how long its epochs are.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/data/Dataset.h"

namespace ganrt {

struct TrainingData {
  Dataset train, test;
  uint64_t epochIterations = 0;
};

/// Whether training reads data at all.
bool readsData(const gan_program &program);

/// Empty sets for a model that reads no data. Tells which class has which number, and what was left out. Throws
/// UserError where the data does not suffice for the model.
TrainingData loadTrainingData(const gan_program &program, const DataOptions &options);

/// What is wrong with data that does not suffice; "" for nothing.
std::string insufficient(const gan_program &program, const Dataset &data);

/// Number of images and what the first and last look like, by which a resumed run knows that the data is the same.
Json fingerprint(const Dataset &data);

} // namespace ganrt
