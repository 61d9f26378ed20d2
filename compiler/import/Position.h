// Where in the model the importer stands, and what kind of graph it builds. Both are plain values. The position changes
// all the time: whoever moves it for a while saves it and restores it as one value (llvm::SaveAndRestore).
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace gan {

/// How a graph differs from the others; fixed while it is built.
struct Mode {
  bool training = false;         ///< layers use the batch's statistics and drop out; states change
  bool meanSamples = false;      ///< sample(q) returns q's mean
  bool drawLabels = false;       ///< labels are drawn, all classes equally likely, and vectors evenly in their range
  std::set<int> givenCodes = {}; ///< encoders that are not computed, because the host gives their outputs
};

/// What the operations that are made next belong to.
struct Position {
  int64_t step = -1;      ///< index of the step; -1 outside of steps
  int64_t entry = -1;     ///< index of the gan.step, of which a step of several streams has one for each stream
  int stream = -1;        ///< the stream that the step is imported for; -1: all
  std::string count = ""; ///< state that counts the updates on which numbers depend; "": they are all runs
  int copy = 0;           ///< number of the copy of an expression under log_mean_exp, or of a refinement's step
  std::string time = "";  ///< the time of the refinement's step, which stands for `time` in numbers
};

} // namespace gan
