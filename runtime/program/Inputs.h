// Where the values of a graph's inputs come from.
#pragma once

#include "runtime/program.h"

namespace ganrt {

/// Whether it is a part of the data set; the others are drawn, or given by the host.
inline bool isData(const gan_input &input) { return input.kind <= GAN_INPUT_LABEL; }

} // namespace ganrt
