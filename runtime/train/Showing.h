// Writes what a run shows of its model: samples and reconstructions at the end of each epoch, and what each code does
// at the end of the run. Pictures are PNG files and also go to TensorBoard; values that are not pictures are written as
// arrays beside them.
//
//   samples/epoch-0001.png            the first picture of the samples; others lie in folders with their names
//   samples/epoch-0001.npy            a value that is not a picture; .safetensors if there are several
//   samples/epoch-0001.csv            rows of the table that the model's data is bound to
//   reconstructions/epoch-0001.png    all pictures, each below what it is made from
#pragma once

#include "runtime/base/Lenient.h"
#include "runtime/data/TrainingData.h"
#include "runtime/generate/Generate.h"
#include "runtime/report/EventFile.h"
#include "runtime/train/RunFolder.h"

namespace ganrt {

class Showing {
public:
  Showing(const Session &session, const TrainingData &data, const RunFolder &folder, EventFile &events,
          Lenient &lenient, int64_t count)
      : session(session), data(data), folder(folder), events(events), lenient(lenient), count(count) {}

  /// Makes samples and reconstructions, always from the same noise and the same images, so that epochs can be compared.
  /// The returned function writes them; it may run on another thread while training goes on.
  std::function<void()> epoch(uint64_t epoch, uint64_t iteration);
  /// Writes pictures of what each code of the trained model does, if there are latents with few numbers.
  void codes();
  /// Measures samples of the trained model (generate/SampleQuality.h) and writes the numbers to quality.json, which the
  /// run's page shows. Compares as many as take about a second.
  void quality(uint64_t iteration);
  /// The path of the last epoch's picture; "" if there is none.
  const std::string &lastPicture() const { return last; }

  /// Makes all that a run shows with `count` pictures, and writes nothing. Whoever looks for a kernel that faults runs
  /// every graph in this way.
  static void makeAll(const Session &session, const TrainingData &data, int64_t count);

private:
  /// Something to be written.
  struct Result {
    std::string kind;           ///< "samples": the folder, and the name in TensorBoard
    std::optional<Grid> grid{}; ///< if there is none, `arrays` are written
    std::vector<Array> arrays{};
    std::string table{}; ///< written instead, if there is one
  };
  static void addSamples(const Session &session, const TrainingData &data, int64_t count, std::vector<Result> &to);
  static void addReconstructions(const Session &session, const TrainingData &data, int64_t count,
                                 std::vector<Result> &to);
  /// Makes a picture of what each code does, and gives it and the code's name to `take`.
  static void eachCode(const Session &session, const std::function<void(const Result &, const std::string &)> &take);
  void write(const Result &result, const std::string &name, std::optional<uint64_t> iteration);

  Session session;
  const TrainingData &data;
  const RunFolder &folder;
  EventFile &events;
  Lenient &lenient;
  int64_t count;
  std::string last;
};

} // namespace ganrt
