// Checks names, data, latents and constants, and drives the checks of a file in order.
#include "dsl/check/State.h"

#include "dsl/Parser.h"
#include "dsl/Uses.h"

#include <algorithm>

namespace gan::dsl {

std::optional<Model> Check::run() {
  if (file.model.text.empty())
    report.missing(Id::MissingPart, {0, 0}, {"name: it starts with `model <name>`"});
  model.name = file.model.text;
  for (const ast::Binding &b : file.constants)
    declarations.constant(b);
  for (const ast::Data &d : file.data)
    declarations.source(d);
  inits.checkFile();
  for (const ast::Block &b : file.blocks)
    blocks.block(b);
  if (file.train)
    train(*file.train);
  else if (report.clean())
    report.error(Id::MissingPart, {0, 0}, {"`train { .. }`"});
  if (!report.clean())
    return std::nullopt;
  noteUses(model, usesOf(model), diagnostics);
  return std::move(model);
}

std::optional<Model> check(const ast::File &file, const Source &source, Diagnostics &diagnostics,
                           std::optional<int64_t> batch) {
  return Check(file, source, diagnostics, batch).run();
}

std::optional<Model> checkSource(const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch) {
  Tokens tokens = lex(source, diagnostics);
  ast::File file = parse(source, tokens, diagnostics);
  return check(file, source, diagnostics, batch);
}

} // namespace gan::dsl
