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

/// The text of a model file, or of a pipe. Throws UserError where it cannot be read or is too large for a model.
std::string readModel(const std::string &path);

/// Reads and checks; what there is to tell goes to stderr. Nothing where the file has mistakes. Throws UserError where
/// it cannot be read. `batch` takes the place of the file's.
std::optional<LoadedModel> loadModel(const std::string &path, std::optional<int64_t> batch = {});
/// The same for a text that was read before.
std::optional<LoadedModel> loadModel(const std::string &path, std::string text, std::optional<int64_t> batch);

} // namespace gan
