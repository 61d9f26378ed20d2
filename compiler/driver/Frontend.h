// Leads from a model file to the checked model. Mistakes are printed for users.
#pragma once

#include "dsl/Checker.h"

#include <memory>
#include <optional>

namespace gan {

struct LoadedModel {
  std::unique_ptr<dsl::Source> source;
  dsl::Model model;
};

/// The text of a model file or a pipe. Throws UserError if it cannot be read or is too large for a model.
std::string readModel(const std::string &path);

/// Reads and checks a model, and prints mistakes and warnings to stderr. Returns nothing if the file has mistakes.
/// Throws UserError if it cannot be read. `batch` replaces the file's own batch size.
std::optional<LoadedModel> loadModel(const std::string &path, std::optional<int64_t> batch = {});
/// The same for a text that has already been read.
std::optional<LoadedModel> loadModel(const std::string &path, std::string text, std::optional<int64_t> batch);

} // namespace gan
