// The options of every command that runs kernels.
#pragma once

#include "runtime/base/Text.h"

#include <cstdint>

namespace ganrt {

struct RunOptions {
  uint64_t seed = 0;
  int threads = 0; ///< 0: as many as there are usable cores
  std::string device = "auto";
  Words settings;
};

} // namespace ganrt
