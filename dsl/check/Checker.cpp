// Checks a file from top to bottom: what is declared, then blocks, then training. Each part is given the parts that it
// needs, so that this function shows who knows whom.
#include "dsl/Checker.h"

#include "dsl/Parser.h"
#include "dsl/Uses.h"
#include "dsl/check/Blocks.h"
#include "dsl/check/Training.h"

namespace gan::dsl {

std::optional<Model> check(const ast::File &file, const Source &source, Diagnostics &diagnostics,
                           std::optional<int64_t> batch) {
  Model model;
  Report report(source, diagnostics);
  Names names(file, report);
  Numbers numbers(model, names, report);
  Declarations declarations(model, names, numbers, report);
  Inits inits(file.inits, numbers, report);
  Blocks blocks(file, model, names, numbers, inits, report);
  Expressions expressions(file, model, names, numbers, report);
  Training training(model, names, numbers, declarations, expressions, report);

  model.name = file.model.text;
  if (model.name.empty())
    report.missing(Id::MissingPart, {0, 0}, {"name: it starts with `model <name>`"});
  for (const ast::Global &g : file.globals)
    declarations.global(g);
  for (const ast::Binding &b : file.constants)
    declarations.constant(b);
  for (const ast::Data &d : file.data)
    declarations.source(d);
  inits.checkFile();
  for (const ast::Block &b : file.blocks)
    blocks.block(b);
  if (file.train)
    training.train(*file.train, batch);
  else if (report.clean())
    report.error(Id::MissingPart, {0, 0}, {"`train { .. }`"});
  if (!report.clean())
    return std::nullopt;
  noteUses(model, usesOf(model), diagnostics);
  return model;
}

std::optional<Model> checkSource(const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch) {
  Tokens tokens = lex(source, diagnostics);
  ast::File file = parse(source, tokens, diagnostics);
  return check(file, source, diagnostics, batch);
}

} // namespace gan::dsl
