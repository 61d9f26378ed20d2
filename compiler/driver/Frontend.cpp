#include "compiler/driver/Frontend.h"
#include "compiler/driver/Files.h"
#include "dsl/Text.h"

#include <cstdio>

namespace gan {

std::string readModel(const std::string &path) {
  constexpr size_t most = size_t(16) << 20; // /dev/zero has no end; a model of a thousand layers has 50 kB
  return readFile(path, most);
}

std::optional<LoadedModel> loadModel(const std::string &path, std::optional<int64_t> batch) {
  return loadModel(path, readModel(path), batch);
}

std::optional<LoadedModel> loadModel(const std::string &path, std::string text, std::optional<int64_t> batch) {
  auto source = std::make_unique<dsl::Source>(dsl::printable(path), std::move(text));
  dsl::Diagnostics diagnostics;
  std::optional<dsl::Model> model = dsl::checkSource(*source, diagnostics, batch);
  fputs(dsl::render(*source, diagnostics).c_str(), stderr);
  if (!model)
    return std::nullopt;
  return LoadedModel{std::move(source), std::move(*model)};
}

} // namespace gan
