// Rows that users choose by name: one that does not exist is answered with the nearest name, or with all.
#pragma once

#include "compiler/driver/Files.h"
#include "dsl/Diagnostics.h"
#include "dsl/Text.h"

#include <string>
#include <vector>

namespace gan {

/// The row with this name. Throws UserError: "`missing` NAME: did you mean N?", or "`missing` NAME; `has` A, B".
template <class Rows>
const auto &named(const Rows &rows, const std::string &name, const std::string &missing, const std::string &has) {
  std::vector<std::string> names;
  std::string all;
  for (const auto &row : rows) {
    if (row.name == name)
      return row;
    names.push_back(row.name);
    all += (all.empty() ? "" : ", ") + row.name;
  }
  std::string near = dsl::nearest(name, names);
  throw UserError(missing + " " + dsl::printable(name) +
                  (near.empty() ? "; " + has + " " + all : ": did you mean " + near + "?"));
}

} // namespace gan
