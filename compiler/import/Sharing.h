// How the batch of a program lies over processes.
#pragma once

namespace gan {

enum class Sharing {
  Alone,        ///< one process has it whole
  Ranks,        ///< each of several processes has a part, and statistics of a batch are those of all parts
  OwnStatistics ///< likewise, but a batch_norm has those of its own part, as PyTorch's in DistributedDataParallel
};

} // namespace gan
