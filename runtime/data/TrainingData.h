// The data that a run trains on and is tested on, and the length of its epochs.
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

/// Loads the data of a run; the sets are empty for a model that reads no data. Prints which class has which number, and
/// what was left out. Throws UserError if the data does not suffice for the model.
/// `ranks`: how many processes share a batch, each of which has the program's.
TrainingData loadTrainingData(const gan_program &program, const DataOptions &options, int ranks = 1);

/// Why the data does not suffice for the model; "" if it does.
std::string insufficient(const gan_program &program, const Dataset &data, int ranks = 1);

/// The number of images and a checksum of the first and last, by which a resumed run recognises the same data.
Json fingerprint(const Dataset &data);

} // namespace ganrt
