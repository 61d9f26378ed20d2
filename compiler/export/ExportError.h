// Why something cannot be exported, as a sentence for the user.
#pragma once

#include <stdexcept>

namespace gan {

struct ExportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace gan
