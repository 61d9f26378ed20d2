#include "compiler/driver/Timing.h"

#include <cstdio>

namespace gan {

std::string Timing::text() const {
  std::string out = "        ms  stage\n";
  for (const Row &row : rows) {
    char number[32];
    snprintf(number, sizeof number, "%10.1f  ", row.seconds * 1e3);
    out += number + row.name + "\n";
  }
  return out;
}

} // namespace gan
