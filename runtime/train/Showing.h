// What a run shows of its model: at the end of each epoch samples and reconstructions, at the end of the run what each
// code does. Pictures are PNG files and go to TensorBoard; what is no picture is kept as an array beside them.
//
//   samples/epoch-0001.png            the first picture that samples have; others in a folder with their names
//   samples/epoch-0001.npy            what is no picture, or .safetensors where there are several
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

  /// Samples from the same noise each time, and reconstructions of the same images, so that they compare. What it
  /// returns writes them, and may run on another thread while training goes on.
  std::function<void()> epoch(uint64_t epoch, uint64_t iteration);
  /// What each code of the trained model does, where there are some of few numbers.
  void codes();
  /// The picture of the last epoch; "" for none.
  const std::string &lastPicture() const { return last; }

private:
  /// To be written.
  struct Result {
    std::string kind;           ///< "samples": the folder, and TensorBoard's name
    std::optional<Grid> grid{}; ///< else `arrays`
    std::vector<Array> arrays{};
  };
  void addSamples(std::vector<Result> &to) const;
  void addReconstructions(std::vector<Result> &to) const;
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
