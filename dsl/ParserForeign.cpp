// Handles what people write who are used to Python: `stride=2`, `nn.ReLU()`, `Conv2d(64, kernel_size=3)`, arguments
// without commas. Each is reported once, with what to write instead, and read as what was meant, so that the rest is
// still checked.
#include "dsl/ParserState.h"
#include "dsl/Tables.h"

#include <algorithm>

namespace gan::dsl {
namespace {

std::vector<std::string> layerNames() {
  std::vector<std::string> names;
  for (const LayerRow &row : layerRows())
    names.emplace_back(row.spelling);
  return names;
}

/// The names of the arguments of all layers and optimizers.
std::vector<std::string> argumentNames() {
  std::vector<std::string> names;
  for (const LayerRow &row : layerRows())
    for (const ArgRow &argument : row.args)
      names.emplace_back(argument.name);
  for (const OptimizerRow &row : optimizerRows())
    for (const HyperRow &hyper : row.hypers)
      names.emplace_back(hyper.name);
  return names;
}

} // namespace

/// Whether the word is a layer. Words that also name an argument, such as `pad`, do not count.
bool Parser::isLayer(std::string_view word) {
  std::vector<std::string> names = layerNames(), arguments = argumentNames();
  if (std::find(arguments.begin(), arguments.end(), word) != arguments.end() || !counterpart(word, arguments).empty())
    return false;
  return std::find(names.begin(), names.end(), word) != names.end() || !counterpart(word, names).empty();
}

/// Reads `name = value` as an argument. Returns how this language writes it; "" if it could not be read.
std::string Parser::withEquals(ast::Argument &argument) {
  argument.name = name("an argument");
  ++at; // the `=`
  argument.value = expression();
  if (panicking || !argument.value)
    return "";
  std::string ours = counterpart(argument.name.text, argumentNames());
  auto [first, second] = counterparts(argument.name.text);
  const ast::Expr &value = *argument.value;
  if (!first.empty() && value.kind == ast::ExprKind::Tuple && value.operands.size() == 2)
    return first + " " + std::string(source.text(value.operands[0]->span)) + ", " + second + " " +
           std::string(source.text(value.operands[1]->span));
  if (!ours.empty())
    argument.name.text = ours;
  return argument.name.text + " " + std::string(source.text(value.span));
}

/// Reads an argument that is written with `=`, and reports it.
ast::Argument Parser::argumentWithEquals() {
  ast::Argument result;
  uint32_t begin = peek().span.begin;
  std::string sign(text(1)), text = withEquals(result);
  result.span = since(begin);
  if (text.empty())
    return result;
  if (!quietEquals)
    diagnostics.add(DiagnosticId::NoEquals, result.span, {sign}).fix = Fix{result.span, text};
  if (!counterparts(result.name.text).first.empty())
    result.value = nullptr; // these are two arguments here: no more is reported about them
  return result;
}

/// Whether a comma was forgotten: the next word is an argument's name, followed by its value. Reports it, unless the
/// name is not known either, which is the mistake that the checker tells.
bool Parser::commaForgotten() {
  bool value = peek(1).kind == TokenKind::Number || (is("(", 1) && peek(1).spaceBefore) || is("on", 1) || is("off", 1);
  if (!isName() || !value || isLayer(text()))
    return false;
  std::vector<std::string> known = argumentNames();
  if (std::find(known.begin(), known.end(), text()) != known.end())
    separatorForgotten(",");
  return true;
}

/// `linear 8 relu`: whether a layer follows without a `;` before it. Reports it. This includes `relu tanh`, unless the
/// layer `previous` takes names as arguments.
bool Parser::layerFollows(std::string_view previous) {
  if (panicking || !isName() || !isLayer(text()))
    return false;
  for (const LayerRow &row : layerRows())
    if (row.spelling == previous && row.args.size() == 1 && row.args[0].type == ArgType::Refs)
      return false;
  separatorForgotten(" ;");
  return true;
}

/// `linear 8, relu`: whether a comma stands where a `;` should. Reports it and skips the comma.
bool Parser::layerBehindComma() {
  if (panicking || !is(",") || !isName(1) || !isLayer(text(1)))
    return false;
  bool ends = peek(2).kind == TokenKind::Separator || peek(2).kind == TokenKind::End || is("}", 2) || is(",", 2) ||
              peek(2).kind == TokenKind::Number || is("->", 2);
  if (!ends)
    return false;
  diagnostics.add(DiagnosticId::Expected, peek().span, {"`;` before the next layer", "`,`"}).fix =
      Fix{peek().span, " ;"};
  ++at;
  commaPassed = true;
  return true;
}

/// Handles `linear 8 -> relu`, where the arrow should be a `;`, and `conv 3 -> 8`, where the size of the input must not
/// be given. Returns whether the layer ends here.
bool Parser::arrowFollows(ast::Layer &layer) {
  if (std::exchange(commaPassed, false))
    return true;
  if (panicking || !is("->"))
    return false;
  Span arrow = peek().span;
  if (peek(1).kind == TokenKind::Number && !layer.arguments.empty() && layer.arguments.back().value) {
    ast::Argument &last = layer.arguments.back();
    ++at;
    ast::Argument meant = argument();
    Span both{last.span.begin, tokens[at - 1].span.end};
    diagnostics.add(DiagnosticId::InputGiven, arrow).fix = Fix{both, std::string(source.text(meant.span))};
    last = std::move(meant);
    if (accept(","))
      for (ast::Argument &more : arguments(false))
        layer.arguments.push_back(std::move(more));
    return false;
  }
  diagnostics.add(DiagnosticId::Expected, arrow, {"`;` before the next layer", "`->`"}).fix = Fix{arrow, ";"};
  ++at;
  return true;
}

void Parser::separatorForgotten(const std::string &separator) {
  Span place{tokens[at - 1].span.end, peek().span.end};
  std::string word(text());
  diagnostics
      .add(DiagnosticId::Expected, peek().span, {"`" + separator.substr(separator.size() - 1) + "`", "`" + word + "`"})
      .fix = Fix{place, separator + " " + word};
}

/// Reduces `nn.ReLU` to the name after the dots.
void Parser::withoutModule(ast::Name &name) {
  while (is(".") && isName(1)) {
    std::string module(source.text({name.span.begin, peek().span.end}));
    name = {std::string(text(1)), {name.span.begin, peek(1).span.end}};
    at += 2;
    if (!is(".") && isLayer(name.text) && counterpart(name.text, layerNames()).empty())
      diagnostics.add(DiagnosticId::ModuleInFront, name.span, {module}).fix = Fix{name.span, name.text};
  }
}

/// Whether the parentheses here hold the arguments of a call (none, or named ones), and not an expression or a shape.
bool Parser::callFollows() const {
  if (!is("(") || peek().spaceBefore)
    return false;
  if (is(")", 1))
    return true;
  int open = 0;
  for (size_t i = 0; peek(i).kind != TokenKind::Separator && peek(i).kind != TokenKind::End; ++i) {
    open += is("(", i) ? 1 : is(")", i) ? -1 : 0;
    if (open == 0)
      return false;
    if (open == 1 && peek(i).kind == TokenKind::Name && (is("=", i + 1) || peek(i + 1).kind == TokenKind::Number))
      return true;
  }
  return false;
}

/// Reads a layer that is written as a call, such as `Conv2d(64, kernel_size=3)`, and reports it.
void Parser::layerAsCall(ast::Layer &layer) {
  uint32_t begin = layer.name.span.begin;
  ++at;
  quietEquals = true;
  layer.arguments = arguments(true);
  quietEquals = false;
  expect(")", "after the arguments");
  if (panicking)
    return;
  std::string ours = counterpart(layer.name.text, layerNames()), list;
  if (!ours.empty())
    layer.name.text = ours;
  for (const ast::Argument &a : layer.arguments) {
    std::string value(source.text(a.value ? a.value->span : a.span));
    list += (list.empty() ? " " : ", ") + (a.name.text.empty() ? "" : a.name.text + " ") + value;
  }
  diagnostics.add(DiagnosticId::LayerParentheses, since(begin)).fix = Fix{since(begin), layer.name.text + list};
}

/// Reports and skips an unknown word where a qualifier could stand, with what seems to be its value.
bool Parser::unknownQualifier(bool certain) {
  std::string word(text());
  std::string text = advice("qualifier", word),
              fix = nearest(word, {"with", "every", "times", "accumulate", "when", "from"});
  if (!isName() || (!certain && text.empty() && fix.empty()))
    return false;
  Diagnostic &d = diagnostics.add(DiagnosticId::UnknownName, peek().span, {"qualifier", word});
  if (!text.empty())
    d.notes.push_back({peek().span, text});
  else if (!fix.empty())
    d.fix = Fix{peek().span, fix};
  ++at;
  while (!is("{") && !is("}") && peek().kind != TokenKind::Separator && peek().kind != TokenKind::End)
    ++at;
  return true;
}

} // namespace gan::dsl
