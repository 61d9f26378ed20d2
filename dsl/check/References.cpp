// Resolves names of labels and inputs. For a name that a layer cannot refer to, the report says where such a value is.
#include "dsl/check/References.h"

#include <algorithm>

namespace gan::dsl {

/// The declaration of a label of this name among the items; null if there is none.
static const ast::Name *declaration(const std::vector<ast::Item> &items, const std::string &name) {
  for (const ast::Item &item : items) {
    if (item.label.text == name)
      return &item.label;
    if (const ast::Name *inside = declaration(item.group, name))
      return inside;
  }
  return nullptr;
}

bool declaresLabel(const ast::File &file, const std::string &block, const std::string &label) {
  return std::any_of(file.blocks.begin(), file.blocks.end(), [&](const ast::Block &b) {
    return b.name.text == block && declaration(b.items, label) != nullptr;
  });
}

/// The reference, unless the declaration of the value has a mistake.
static std::optional<Ref> withShape(Ref ref) {
  return ref.shape.empty() ? std::nullopt : std::optional(std::move(ref));
}

std::optional<Ref> References::find(const ast::Expr &e, const Chain &chain) {
  if (e.kind != ast::ExprKind::Name) {
    report.error(Id::WrongType, e.span, {"the name of a label or an input", "`" + report.text(e.span) + "`"});
    return std::nullopt;
  }
  const Block &block = chain.checked;
  for (size_t i = 0; i < block.labels.size(); ++i)
    if (block.labels[i].name == e.name.text)
      return withShape({-1, int(i), block.labels[i].shape, false});
  for (size_t i = 0; i < block.inputs.size() && !block.trunk; ++i)
    if (block.inputs[i].name == e.name.text)
      return withShape({int(i), -1, block.inputs[i].shape, block.inputs[i].oneHot});
  reportMissing(e.name, e.span, chain);
  return std::nullopt;
}

void References::reportMissing(const ast::Name &name, Span span, const Chain &chain) {
  const Block &block = chain.checked;
  if (const ast::Name *label = declaration(chain.written.items, name.text)) {
    if (label->span.begin > span.begin) // otherwise its layer has a mistake, which is reported
      report.error(Id::NotInScope, span, {name.text, "it is the value of a later layer"})
          .notes.push_back({label->span, "here"});
    return;
  }
  for (const Block &other : model.blocks)
    for (const Label &label : other.labels)
      if (label.name == name.text) {
        report.error(Id::NotInScope, span, {name.text, "a chain takes up its own labels and inputs"})
            .notes.push_back({label.span, "this is a label of `" + other.name + "`"});
        return;
      }
  if (names.lookup(name.text) && !block.trunk) {
    report.error(Id::NotInScope, span, {name.text, "name it among the inputs of `" + block.name + "`"});
    return;
  }
  std::vector<std::string> candidates;
  for (const Label &label : block.labels)
    candidates.push_back(label.name);
  for (size_t i = 0; i < block.inputs.size() && !block.trunk; ++i)
    candidates.push_back(block.inputs[i].name);
  report.suggest(report.error(Id::UnknownName, span, {"label or input", name.text}), name.text, candidates, span);
}

} // namespace gan::dsl
