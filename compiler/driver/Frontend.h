// A model file up to the checked model; mistakes are printed as they are for users.
#pragma once

#include "dsl/Checker.h"

#include <memory>
#include <optional>

namespace gan {

struct LoadedModel {
  std::unique_ptr<dsl::Source> source;
  dsl::Model model;
};

/// Reads and checks; what there is to tell goes to stderr. Nothing where the file has mistakes. Throws UserError where
/// it cannot be read.
std::optional<LoadedModel> loadModel(const std::string &path);

} // namespace gan
