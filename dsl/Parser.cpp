// Parses tokens, declarations and blocks of the grammar.
#include "dsl/ParserState.h"

#include <algorithm>
#include <utility>

namespace gan::dsl {

// ---- tokens ----

bool Parser::accept(std::string_view word) {
  if (!is(word))
    return false;
  ++at;
  return true;
}

bool Parser::expect(std::string_view word, std::string_view where) {
  if (accept(word))
    return true;
  fail("`" + std::string(word) + "` " + std::string(where));
  return false;
}

ast::Name Parser::name(std::string_view what) {
  if (!isName()) {
    fail(std::string(what));
    return {"", peek().span};
  }
  ast::Name result{std::string(text()), peek().span};
  ++at;
  return result;
}

void Parser::skipSeparators() {
  while (peek().kind == TokenKind::Separator)
    ++at;
}

void Parser::endStatement(std::string_view where) {
  if (panicking)
    return recover();
  if (std::exchange(ended, false))
    return;
  if (peek().kind == TokenKind::Separator || peek().kind == TokenKind::End || is("}"))
    return skipSeparators();
  fail("the end of " + std::string(where));
  recover();
}

void Parser::fail(const std::string &expected, const std::string &fix) {
  if (panicking || stopped)
    return;
  panicking = true;
  if (strangeBefore())
    return; // the cause is a meaningless character that is already reported
  std::string found = peek().kind == TokenKind::End         ? "the end of the file"
                      : peek().kind == TokenKind::Separator ? "the end of the line"
                                                            : "`" + std::string(text().substr(0, 40)) + "`";
  Diagnostic &d = diagnostics.add(DiagnosticId::Expected, peek().span, {expected, found});
  if (!fix.empty())
    d.fix = Fix{peek().span, fix};
}

/// Whether a meaningless character, which is reported, stands between the last token and this one.
bool Parser::strangeBefore() const {
  uint32_t begin = at > 0 ? tokens[at - 1].span.begin : 0;
  return std::any_of(strange.begin(), strange.end(),
                     [&](Span s) { return s.begin >= begin && s.begin <= peek().span.begin; });
}

void Parser::once(bool there, std::string_view word, Span first) {
  if (there && !stopped)
    diagnostics.add(DiagnosticId::Repeated, peek().span, {std::string(word)})
        .notes.push_back({first, "it stands here"});
}

/// Skips to the end of the statement, over the braces that it opens.
void Parser::recover() {
  int open = 0;
  while (peek().kind != TokenKind::End) {
    if (open == 0 && (peek().kind == TokenKind::Separator || is("}")))
      break;
    open += is("{") ? 1 : is("}") ? -1 : 0;
    ++at;
  }
  panicking = false;
  skipSeparators();
}

/// Reads `{`. If it was forgotten at the end of a line, this is reported and parsing goes on as if it were there.
bool Parser::opens(std::string_view where) {
  bool forgotten = !panicking && peek().kind == TokenKind::Separator;
  if (!expect("{", where) && !forgotten)
    return false;
  panicking = false;
  return true;
}

Span Parser::since(uint32_t begin) const {
  uint32_t end = at > 0 ? tokens[at - 1].span.end : begin;
  return {begin, std::max(begin, end)};
}

bool Parser::tooDeep() {
  if (depth <= maxNesting)
    return false;
  if (!panicking && !stopped)
    diagnostics.add(DiagnosticId::NestedTooDeep, peek().span, {std::to_string(maxNesting)});
  panicking = stopped = true;
  at = tokens.size() - 1; // the rest of the file is skipped, as nothing after this can be trusted
  return true;
}

bool Parser::isAny(KeywordGroup group) const {
  std::vector<std::string> words = keywords({group});
  return std::find(words.begin(), words.end(), text()) != words.end();
}

void Parser::unknownStatement(const std::vector<std::string> &known) {
  std::string word(text().substr(0, 40)), text = advice("statement", word), fix = nearest(word, known);
  Diagnostic &d = diagnostics.add(DiagnosticId::UnknownStatement, peek().span, {word});
  if (!text.empty())
    d.notes.push_back({peek().span, text});
  else if (!fix.empty())
    d.fix = Fix{peek().span, fix};
}

/// Reports and skips the sign in `epochs = 10` and `epochs: 10`.
void Parser::skipEquals(std::string_view word) {
  if (!is("=") && !is(":"))
    return;
  Span span{tokens[at - 1].span.begin, peek().span.end};
  diagnostics.add(DiagnosticId::NoEquals, span, {std::string(text())}).fix = Fix{span, std::string(word)};
  ++at;
}

// ---- declarations ----

/// file = { statement }
ast::File Parser::file() {
  ast::File result;
  skipSeparators();
  while (peek().kind != TokenKind::End) {
    size_t before = at;
    statement(result);
    if (at == before) { // a stray `}`
      fail("a statement");
      ++at;
      panicking = false;
      skipSeparators();
    }
  }
  for (ast::Binding &constant : strayConstants)
    result.constants.push_back(std::move(constant));
  return result;
}

/// statement = "model" name | "data" .. | "latent" .. | "const" .. | "global" .. | "init" .. | block | "train" { .. }
void Parser::statement(ast::File &file) {
  if (is("model"))
    once(!file.model.text.empty(), "model", file.model.span);
  if (is("train"))
    once(file.train.has_value(), "train", file.train ? file.train->span : Span{});
  if (accept("model")) {
    file.model = name("the model's name");
  } else if (is("data") || is("latent")) {
    bool latent = is("latent");
    file.data.push_back(data(latent));
  } else if (accept("const")) {
    file.constants.push_back(binding());
  } else if (is("global")) {
    file.globals.push_back(global());
  } else if (accept("init")) {
    for (ast::InitRule &rule : init())
      file.inits.push_back(std::move(rule));
  } else if (accept("frozen")) {
    if (!isAny(KeywordGroup::Block))
      fail("a block behind `frozen`");
    else
      file.blocks.push_back(block());
    if (!file.blocks.empty() && !panicking)
      file.blocks.back().frozen = true;
  } else if (isAny(KeywordGroup::Block)) {
    file.blocks.push_back(block());
  } else if (is("train")) {
    file.train = train();
  } else if (!is("}")) {
    unknownStatement(keywords({KeywordGroup::Declaration, KeywordGroup::Block}));
    if (blockFollows()) { // a block of an unknown kind
      file.blocks.push_back(block());
    } else {
      ++at;
      panicking = true;
    }
  }
  if ((!is("}") || panicking) && !std::exchange(unclosed, false))
    endStatement("the statement");
}

/// data = ("data" | "latent") name ":" type [ "from" column { "," column } ] [ "in" "[" number "," number "]" ]
ast::Data Parser::data(bool latent) {
  ast::Data result;
  result.latent = latent;
  uint32_t begin = peek().span.begin;
  ++at;
  result.name = name("a name");
  if (!panicking && is("=")) {
    diagnostics.add(DiagnosticId::Expected, peek().span, {"`:` and a type", "`=`"}).fix = Fix{peek().span, ":"};
    ++at;
  } else {
    expect(":", "and a type");
  }
  result.type = whole();
  sizeWithoutParentheses(result.type);
  columns(result);
  if (!panicking && accept("in"))
    range(result.lo, result.hi);
  columns(result); // in either order
  result.span = since(begin);
  return result;
}

/// [ "from" column { "," column } ]
void Parser::columns(ast::Data &data) {
  if (panicking || !is("from"))
    return;
  once(!data.columns.empty(), "from", data.columns.empty() ? Span{} : data.columns[0].span);
  ++at;
  do {
    Span span = peek().span;
    if (peek().kind == TokenKind::Name)
      return fail("the name of a table's column in quotes", "\"" + std::string(text()) + "\"");
    if (peek().kind != TokenKind::String)
      return fail("the name of a table's column in quotes: `from \"age\"`");
    data.columns.push_back({std::string(source.text({span.begin + 1, span.end - 1})), span});
    ++at;
  } while (accept(","));
}

/// global = "global" name "=" number [ "in" "[" number "," number "]" ]
ast::Global Parser::global() {
  ast::Global result;
  uint32_t begin = peek().span.begin;
  ++at;
  result.name = name("a name");
  expect("=", "and its first value");
  result.start = whole();
  if (!panicking && accept("in"))
    range(result.lo, result.hi);
  result.span = since(begin);
  return result;
}

/// Reports `vector 20` and reads it as `vector(20)`.
void Parser::sizeWithoutParentheses(ast::ExprPtr &type) {
  if (panicking || !type || type->kind != ast::ExprKind::Name || peek().kind != TokenKind::Number)
    return;
  uint32_t begin = type->span.begin;
  auto call = std::make_unique<ast::Expr>();
  call->kind = ast::ExprKind::Call;
  call->arguments = arguments(true);
  std::string sizes(source.text({call->arguments[0].span.begin, since(begin).end}));
  Span all = since(begin);
  diagnostics.add(DiagnosticId::Expected, all, {"sizes in parentheses", "`" + std::string(source.text(all)) + "`"})
      .fix = Fix{all, type->name.text + "(" + sizes + ")"};
  call->operands.push_back(std::move(type));
  call->span = all;
  type = std::move(call);
}

/// "[" number "," number "]". Parentheses instead of brackets are reported and read as brackets.
void Parser::range(ast::ExprPtr &lo, ast::ExprPtr &hi) {
  uint32_t begin = peek().span.begin;
  bool round = accept("(");
  if (!round)
    expect("[", "and the smallest value");
  lo = expression();
  expect(",", "and the largest value");
  hi = expression();
  if (!round || panicking || !accept(")"))
    return void(expect("]", "after the range"));
  std::string inside(source.text({lo->span.begin, hi->span.end}));
  diagnostics.add(DiagnosticId::Expected, since(begin), {"a range in brackets", "parentheses"}).fix =
      Fix{since(begin), "[" + inside + "]"};
}

/// block = [ "frozen" ] kind name "(" ports ")" "->" ports [ "from" file ] "{" { block item } "}"
ast::Block Parser::block() {
  ast::Block result;
  result.kind = name("a block's kind");
  result.name = name("the block's name");
  expect("(", "and the block's inputs");
  result.inputs = ports(")");
  expect(")", "after the inputs");
  if (!panicking && is(":")) { // as Python and C++ write it
    diagnostics.add(DiagnosticId::Expected, peek().span, {"`->` and the block's output", "`:`"}).fix =
        Fix{peek().span, " ->"};
    ++at;
  } else {
    expect("->", "and the block's output");
  }
  result.outputs = ports("{");
  file(result);
  result.span = since(result.kind.span.begin);
  if (!opens("before the layers"))
    return result;
  skipSeparators();
  while (!is("}") && peek().kind != TokenKind::End && !statementFollows() && !blockFollows())
    blockItem(result);
  unclosed = statementFollows() || blockFollows();
  if (unclosed) // the brace was forgotten: what follows is not a layer
    diagnostics.add(DiagnosticId::Expected, peek().span, {"`}` after the layers", "`" + std::string(text()) + "`"});
  else
    expect("}", "after the layers");
  return result;
}

/// [ "from" file ]
void Parser::file(ast::Block &block) {
  if (panicking || !accept("from"))
    return;
  Span span = peek().span;
  if (peek().kind != TokenKind::String)
    return fail("a file's name in quotes: `from \"features.safetensors\"`");
  block.file = {std::string(source.text({span.begin + 1, span.end - 1})), span};
  ++at;
}

/// ports = port { "," port }
std::vector<ast::Port> Parser::ports(std::string_view end) {
  std::vector<ast::Port> result;
  if (is(end) && end == ")")
    return result;
  do
    result.push_back(port());
  while (!panicking && accept(","));
  return result;
}

/// port = [ name ":" ] type
ast::Port Parser::port() {
  ast::Port result;
  uint32_t begin = peek().span.begin;
  if (isName() && is(":", 1)) {
    result.name = name("a name");
    ++at;
  }
  // `gaussian(2, variance 1) {`: a type never runs into the block's brace
  result.type = postfix();
  if (panicking)
    result.type = nullptr;
  result.span = since(begin);
  return result;
}

/// `generator G(`: whether a block follows, of a known kind or not.
bool Parser::blockFollows() const {
  return isName() && isName(1) && is("(", 2) && !peek(2).spaceBefore && !isLayer(text());
}

/// Whether something follows that stands outside blocks and training: `decoder P(`, `train {`, `data x:`.
bool Parser::statementFollows() const {
  return (isAny(KeywordGroup::Block) && blockFollows()) || (is("frozen") && isName(1) && isName(2) && is("(", 3)) ||
         (is("train") && is("{", 1)) || ((is("data") || is("latent")) && isName(1) && is(":", 2));
}

/// block item = "init" .. | item
void Parser::blockItem(ast::Block &block) {
  if (is("init")) {
    ++at;
    for (ast::InitRule &rule : init())
      block.inits.push_back(std::move(rule));
  } else if (is("const") && isName(1) && is("=", 2)) {
    diagnostics.add(DiagnosticId::NotInScope, peek().span, {"const", "it stands before the blocks or in `train`"});
    ++at;
    strayConstants.push_back(binding()); // kept, so that its later uses are not reported too
  } else {
    block.items.push_back(item());
  }
  endStatement("the layer");
}

/// items = { item }
std::vector<ast::Item> Parser::items() {
  std::vector<ast::Item> result;
  skipSeparators();
  while (!is("}") && peek().kind != TokenKind::End) {
    result.push_back(item());
    endStatement("the layer");
  }
  return result;
}

/// item = [ name ":" ] ( layer | "{" items "}" )
ast::Item Parser::item() {
  Nest nest(depth);
  ast::Item result;
  uint32_t begin = peek().span.begin;
  if (tooDeep())
    return result;
  if (isName() && is(":", 1)) {
    result.label = name("a label");
    ++at;
  }
  if (accept("{")) {
    result.group = items();
    expect("}", "after the group");
  } else {
    result.layer = layer();
    if (result.layer->name.text.empty())
      result.layer.reset(); // already reported
  }
  result.span = since(begin);
  return result;
}

void Parser::layerArguments(ast::Layer &layer) {
  accept(","); // `linear, bias off`
  bool ends = peek().kind == TokenKind::Separator || peek().kind == TokenKind::End || is("}");
  if (callFollows())
    layerAsCall(layer);
  else if (!layerFollows(layer.name.text) && !ends)
    layer.arguments = arguments(false);
}

/// layer = name [ [ "," ] argument { "," argument } ]
ast::Layer Parser::layer() {
  ast::Layer result;
  uint32_t begin = peek().span.begin;
  result.name = name("a layer");
  withoutModule(result.name);
  if (!panicking && !layerBehindComma())
    layerArguments(result);
  result.span = since(begin);
  ended = arrowFollows(result) || layerFollows();
  return result;
}

/// init = role initialiser { "," role initialiser }
std::vector<ast::InitRule> Parser::init() {
  std::vector<ast::InitRule> result;
  do {
    ast::InitRule rule;
    rule.role = name("`weight`, `bias`, `scale` or `shift`");
    rule.value = postfix();
    result.push_back(std::move(rule));
  } while (!panicking && accept(","));
  return result;
}

ast::File parse(const Source &source, const Tokens &tokens, Diagnostics &diagnostics) {
  if (tokens.list.size() == 1 && diagnostics.empty()) {
    diagnostics.add(DiagnosticId::EmptyFile, {0, 0},
                    {tokens.comments.empty() ? "the file is empty" : "the file has nothing but comments"});
    return {};
  }
  return Parser(source, tokens, diagnostics).file();
}

} // namespace gan::dsl
