// Follows the metrics by which a program's plateaus go (`plateau` of the language): at the end of each epoch it looks
// whether they have become better. Like PyTorch's ReduceLROnPlateau with a patience of `epochs` - 1 and no threshold.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/program.h"
#include "runtime/program/Moment.h"

#include <optional>
#include <string>
#include <vector>

namespace ganrt {

class Plateaus {
public:
  explicit Plateaus(const gan_program &program);
  /// Looks at the averages of a whole epoch, {"train": {..}, "test": {..}}: those of the test part where there are
  /// some. A value that is not finite is no improvement. Notes in `moment`, which is that of the epoch's end, which
  /// plateaus were reached, and returns the metrics of these.
  std::vector<std::string> endEpoch(const Json &values, Moment &moment);

  /// What a checkpoint keeps besides its moment.
  Json save() const;
  /// Throws if this is nothing that `save` made for this program.
  void restore(const Json &saved);

private:
  struct Entry {
    std::optional<double> best;
    uint64_t epochs = 0; ///< since the best one, or since the plateau was reached last
  };
  const gan_program &program;
  std::vector<Entry> entries;
};

} // namespace ganrt
