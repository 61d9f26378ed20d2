#include "compiler/driver/Frontend.h"
#include "compiler/driver/Files.h"

#include <cstdio>

namespace gan {

std::optional<LoadedModel> loadModel(const std::string &path) {
  auto source = std::make_unique<dsl::Source>(path, readFile(path));
  dsl::Diagnostics diagnostics;
  std::optional<dsl::Model> model = dsl::checkSource(*source, diagnostics);
  fputs(dsl::render(*source, diagnostics).c_str(), stderr);
  if (!model)
    return std::nullopt;
  return LoadedModel{std::move(source), std::move(*model)};
}

} // namespace gan
