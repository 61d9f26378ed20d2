#include "compiler/driver/Language.h"
#include "dsl/Parser.h"
#include "dsl/Tables.h"

#include <algorithm>

namespace gan {

using namespace dsl;

static bool contains(Span span, uint32_t offset) { return offset >= span.begin && offset <= span.end; }

Language::Language(const std::string &path, const std::string &content) : text(path, content) {
  tokens = lex(text, found);
  ast::File file = parse(text, tokens, found);
  auto whole = Span{0, uint32_t(content.size())};
  for (const ast::Data &d : file.data)
    declare(d.name, d.latent ? "latent" : "data", whole);
  for (const ast::Binding &b : file.constants)
    for (const ast::Name &n : b.names)
      declare(n, "constant", whole);
  for (const ast::Global &g : file.globals)
    declare(g.name, "global", whole);
  for (const ast::Block &b : file.blocks)
    declareBlock(b);
  if (file.train)
    declareTraining(*file.train);
  model = check(file, text, found);
}

void Language::declare(const ast::Name &name, const std::string &what, Span scope, const std::string &owner) {
  if (!name.text.empty())
    declared.push_back({name.text, what, name.span, scope, owner});
}

static uint32_t endOf(const std::vector<ast::Item> &items) {
  uint32_t end = 0;
  for (const ast::Item &item : items)
    end = std::max({end, item.span.end, endOf(item.group)});
  return end;
}

void Language::declareBlock(const ast::Block &b) {
  declare(b.name, b.kind.text, {0, uint32_t(text.text().size())});
  Span scope{b.span.begin, std::max(b.span.end, endOf(b.items))};
  blocks.push_back(scope);
  for (const ast::Port &p : b.inputs)
    declare(p.name, "input", scope, b.name.text);
  declareItems(b.items, scope, b.name.text);
}

void Language::declareItems(const std::vector<ast::Item> &items, Span scope, const std::string &owner) {
  for (const ast::Item &item : items) {
    declare(item.label, "label", scope, owner);
    declareItems(item.group, scope, owner);
  }
}

void Language::declareTraining(const ast::Train &train) {
  Span whole{train.span.begin, uint32_t(text.text().size())};
  auto bindings = [&](const std::vector<ast::Binding> &list, const char *what, Span scope) {
    for (const ast::Binding &b : list)
      for (const ast::Name &n : b.names)
        declare(n, what, scope);
  };
  bindings(train.constants, "constant", whole);
  bindings(train.lets, "value", whole);
  bindings(train.metrics, "metric", whole);
  for (const ast::Step &s : train.steps) {
    Span scope = s.span;
    for (const auto *list : {&s.lets, &s.metrics})
      for (const ast::Binding &b : *list)
        scope.end = std::max(scope.end, b.span.end);
    for (const ast::Objective &o : s.objectives)
      scope.end = std::max(scope.end, o.span.end);
    bindings(s.lets, "value", scope);
    bindings(s.metrics, "metric", scope);
  }
}

/// The number of the name that stands at this byte or ends before it; -1 if there is none.
int Language::tokenAt(uint32_t offset) const {
  for (size_t i = 0; i < tokens.list.size(); ++i)
    if (tokens.list[i].kind == TokenKind::Name && contains(tokens.list[i].span, offset))
      return int(i);
  return -1;
}

/// The number of the declaration that a name stands for; -1 if there is none. `D.trunk` names a label of D, any other
/// name the innermost declaration in whose scope it stands.
int Language::declarationOf(int token) const {
  if (token < 0)
    return -1;
  auto textOf = [&](int i) { return std::string(text.text(tokens.list[size_t(i)].span)); };
  std::string word = textOf(token), owner = token >= 2 && textOf(token - 1) == "." ? textOf(token - 2) : "";
  Span span = tokens.list[size_t(token)].span;
  int best = -1;
  for (size_t i = 0; i < declared.size(); ++i) {
    const Declared &d = declared[i];
    if (d.name != word || (owner.empty() ? !contains(d.scope, span.begin) : d.owner != owner))
      continue;
    if (best < 0 || d.scope.end - d.scope.begin < declared[size_t(best)].scope.end - declared[size_t(best)].scope.begin)
      best = int(i);
  }
  return best;
}

std::optional<Declared> Language::declarationAt(uint32_t offset) const {
  int d = declarationOf(tokenAt(offset));
  return d < 0 ? std::nullopt : std::optional(declared[size_t(d)]);
}

std::vector<Span> Language::usesAt(uint32_t offset) const {
  std::vector<Span> uses;
  int wanted = declarationOf(tokenAt(offset));
  for (size_t i = 0; wanted >= 0 && i < tokens.list.size(); ++i)
    if (tokens.list[i].kind == TokenKind::Name && declarationOf(int(i)) == wanted)
      uses.push_back(tokens.list[i].span);
  return uses;
}

bool Language::insideBlock(uint32_t offset) const {
  return std::any_of(blocks.begin(), blocks.end(), [&](Span b) { return contains(b, offset); });
}

/// A layer's row of the reference and, where the model is whole, the shapes and parameters of this one.
std::string Language::layerMeaning(const std::string &word, uint32_t offset) const {
  std::string out;
  for (const LayerRow &row : layerRows()) {
    if (row.spelling != word)
      continue;
    out = "`" + std::string(row.example) + "`\n\n" + std::string(row.doc) + "\n";
    for (const ArgRow &a : row.args)
      out += "\n- `" + std::string(a.name) + "` " + std::string(a.doc) +
             (a.fallback.empty() || a.fallback == "!" ? "" : " (`" + std::string(a.fallback) + "`)");
  }
  for (size_t b = 0; model && b < model->blocks.size(); ++b)
    for (const Layer &l : model->blocks[b].layers)
      if (contains(l.span, offset)) {
        int64_t parameters = 0;
        for (const Param &p : l.params)
          parameters += p.buffer ? 0 : elements(p.shape);
        out += "\n\n" + shapeText(l.in) + " to " + shapeText(l.out) + ", " + std::to_string(parameters) + " parameters";
      }
  return out;
}

std::string Language::meaningAt(uint32_t offset) const {
  int token = tokenAt(offset);
  if (token < 0)
    return "";
  std::string word(text.text(tokens.list[size_t(token)].span));
  if (std::optional<Declared> d = declarationAt(offset)) {
    Position place = text.position(d->span.begin);
    std::string out = d->what + ": `" + std::string(text.line(place.line)) + "`";
    for (size_t b = 0; model && b < model->blocks.size(); ++b)
      if (model->blocks[b].name == d->name && d->owner.empty())
        out += "\n\n```\n" + explainLayers(model->blocks[b]) + "```";
    return out;
  }
  if (insideBlock(offset))
    return layerMeaning(word, offset);
  for (const FunctionRow &row : functionRows())
    if (row.spelling == word)
      return "`" + std::string(row.example) + "`\n\n" + std::string(row.doc);
  for (const OptimizerRow &row : optimizerRows())
    if (row.spelling == word)
      return "`" + std::string(row.example) + "`\n\n" + std::string(row.rule);
  for (const SyntaxRow &row : syntaxRows())
    if (row.spelling.starts_with(word))
      return "`" + std::string(row.spelling) + "`\n\n" + std::string(row.doc);
  return "";
}

std::vector<Language::Word> Language::wordsAt(uint32_t offset) const {
  std::vector<Word> words;
  bool block = insideBlock(offset);
  for (const Declared &d : declared)
    if (contains(d.scope, offset) && (d.owner.empty() ? !block : block))
      words.push_back({d.name, d.what});
  if (block) {
    for (const LayerRow &row : layerRows())
      words.push_back({std::string(row.spelling), std::string(row.doc)});
    return words;
  }
  for (const FunctionRow &row : functionRows())
    words.push_back({std::string(row.spelling), std::string(row.doc)});
  for (const OptimizerRow &row : optimizerRows())
    words.push_back({std::string(row.spelling), std::string(row.rule)});
  for (const KeywordRow &row : keywordRows())
    words.push_back({std::string(row.spelling), ""});
  return words;
}

} // namespace gan
