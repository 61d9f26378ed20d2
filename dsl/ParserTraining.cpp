// Parses the training part of the grammar: train, let, metric, steps and their objectives.
#include "dsl/ParserState.h"
#include "dsl/Tables.h"

#include <algorithm>
#include <utility>

namespace gan::dsl {

/// train = "train" "{" { train statement } "}"
ast::Train Parser::train() {
  ast::Train result;
  result.span = peek().span;
  ++at;
  if (!opens("before the training"))
    return result;
  skipSeparators();
  while (!is("}") && peek().kind != TokenKind::End && !statementFollows()) {
    size_t before = at;
    trainStatement(result);
    if (!std::exchange(unclosed, false))
      endStatement("the statement");
    if (at == before)
      ++at;
  }
  expect("}", "after the training");
  return result;
}

/// An expression, or null if it could not be read.
ast::ExprPtr Parser::whole() {
  ast::ExprPtr e = expression();
  return panicking ? nullptr : std::move(e);
}

/// train statement = "batch" number | "epochs" number [ "of" number ] | const | let | metric | choice | average |
///                   refinement | step
/// choice = "choose" name "(" arguments ")" "with" number "else" name     average = "average" name "by" number
void Parser::trainStatement(ast::Train &train) {
  if (is("batch"))
    once(train.batch != nullptr, "batch", train.batch ? train.batch->span : Span{});
  if (is("epochs"))
    once(train.epochs != nullptr, "epochs", train.epochs ? train.epochs->span : Span{});
  if (accept("batch")) {
    skipEquals("batch");
    train.batch = whole();
  } else if (accept("epochs")) {
    skipEquals("epochs");
    train.epochs = whole();
    if (accept("of"))
      train.iterations = whole();
  } else if (accept("const")) {
    train.constants.push_back(binding());
  } else if (accept("let")) {
    train.lets.push_back(binding());
  } else if (accept("metric")) {
    train.metrics.push_back(binding());
  } else if (is("choose")) {
    train.choices.push_back(choice());
  } else if (is("average")) {
    train.averages.push_back(average());
  } else if (is("refine")) {
    train.refinements.push_back(refinement());
  } else if (is("step")) {
    train.steps.push_back(step());
  } else {
    unknownStatement(keywords({KeywordGroup::Training}));
    panicking = true;
    ++at;
  }
}

ast::Choice Parser::choice() {
  ast::Choice result;
  uint32_t begin = peek().span.begin;
  ++at;
  result.first = postfix();
  if (expect("with", "and the chance of the first stream"))
    result.chance = whole();
  if (expect("else", "and the other stream"))
    result.second = name("the other stream");
  result.span = since(begin);
  return result;
}

ast::Average Parser::average() {
  ast::Average result;
  uint32_t begin = peek().span.begin;
  ++at;
  result.block = name("a block");
  if (expect("by", "and the share that stays in each update"))
    result.decay = whole();
  result.span = since(begin);
  return result;
}

/// refinement = "refine" name "from" name "over" number "steps" "{" { "let" binding } "next" expression "}"
ast::Refinement Parser::refinement() {
  ast::Refinement result;
  uint32_t begin = peek().span.begin;
  ++at;
  result.name = name("a name");
  if (expect("from", "and the latent that it starts as"))
    result.latent = name("a latent");
  if (expect("over", "and how many steps it takes"))
    result.steps = whole();
  if (!panicking)
    expect("steps", "after their number");
  result.span = since(begin);
  if (!opens("before what a step does"))
    return result;
  skipSeparators();
  while (!is("}") && peek().kind != TokenKind::End) {
    size_t before = at;
    if (accept("let")) {
      result.lets.push_back(binding());
    } else if (is("next")) {
      once(result.next != nullptr, "next", result.next ? result.next->span : Span{});
      ++at;
      result.next = whole();
    } else {
      fail("`let` or `next`");
    }
    endStatement("the statement");
    at += at == before;
  }
  expect("}", "after the refinement");
  return result;
}

/// binding = ( name | "(" name { "," name } ")" ) "=" expression
ast::Binding Parser::binding() {
  ast::Binding result;
  uint32_t begin = peek().span.begin;
  if (accept("(")) {
    do
      result.names.push_back(name("a name"));
    while (!panicking && accept(","));
    expect(")", "after the names");
  } else {
    result.names.push_back(name("a name"));
  }
  expect("=", "and a value");
  result.value = whole();
  result.span = since(begin);
  return result;
}

/// `step E, adam(lr 1e-3) {`: the optimizer is read as if `with` stood before it.
bool Parser::withForgotten() {
  auto isOptimizer = [&](size_t ahead) {
    return isName(ahead) && is("(", ahead + 1) &&
           std::any_of(optimizerRows().begin(), optimizerRows().end(),
                       [&](const OptimizerRow &row) { return row.spelling == text(ahead); });
  };
  size_t ahead = is(",") ? 1 : 0;
  if (!isOptimizer(ahead))
    return false;
  Span place{tokens[at - 1].span.end, peek(ahead).span.end};
  diagnostics
      .add(DiagnosticId::Expected, peek(ahead).span,
           {"`with` before the optimizer", "`" + std::string(text(ahead)) + "`"})
      .fix = Fix{place, " with " + std::string(text(ahead))};
  at += ahead;
  optimizerFollows = true;
  return true;
}

/// updated = name [ "." name ]
ast::Updated Parser::updated() {
  ast::Updated result{name("a block"), {}};
  if (!panicking && accept("."))
    result.label = name("a label");
  return result;
}

/// step = "step" [ updated { "," updated } ] qualifiers "{" { let | metric | objective } "}"
ast::Step Parser::step() {
  ast::Step result;
  uint32_t begin = peek().span.begin;
  ++at;
  if (isName() && !is("with") && !is("every") && !is("times") && !is("accumulate") && !is("when") && !is("from"))
    do
      result.blocks.push_back(updated());
    while (!panicking && !withForgotten() && accept(","));
  result.qualifiers = qualifiers(true);
  result.span = since(begin);
  if (!opens("before the step's objectives"))
    return result;
  skipSeparators();
  while (!is("}") && peek().kind != TokenKind::End && !stepFollows()) {
    size_t before = at;
    stepStatement(result);
    endStatement("the statement");
    if (at == before)
      ++at;
  }
  if (stepFollows()) { // the closing brace was forgotten
    diagnostics.add(DiagnosticId::Expected, peek().span, {"`}` after the step", "`step`"});
    unclosed = true;
  } else {
    expect("}", "after the step");
  }
  return result;
}

/// `step D with`: whether a step follows, and not an objective, which would be `step: ..` or `step maximize ..` for a
/// block called step.
bool Parser::stepFollows() const { return is("step") && isName(1) && !is("maximize", 1) && !is("minimize", 1); }

void Parser::stepStatement(ast::Step &step) {
  if (accept("let"))
    step.lets.push_back(binding());
  else if (accept("metric"))
    step.metrics.push_back(binding());
  else
    step.objectives.push_back(objective());
}

/// Reports a word that must be a misspelling of one of `words`, because it stands in their place and is not part of a
/// list of blocks.
bool Parser::misspelled(const std::vector<std::string> &words) {
  std::string fix = nearest(text(), words);
  if (fix.empty() || is(",", 1) || is("maximize", 1) || is("minimize", 1))
    return false;
  fail("`" + words[0] + "` or `" + words[1] + "`", fix);
  return true;
}

/// Reports `loss = ..`: an objective is not named like this, and a value is named by `let`.
bool Parser::valueNamed() {
  if (!is("=", 1))
    return false;
  std::string word(text());
  diagnostics.add(DiagnosticId::Expected, peek().span, {"`maximize` or `minimize`", "`" + word + "`"})
      .notes.push_back({peek().span, "an objective is `minimize ..`; `let " + word + " = ..` names a value"});
  panicking = true;
  return true;
}

/// objective = [ label ":" ] [ updated { "," updated } ] ( "maximize" | "minimize" ) expression qualifiers
ast::Objective Parser::objective() {
  ast::Objective result;
  uint32_t begin = peek().span.begin;
  if (isName() && is(":", 1)) {
    result.label = name("a label");
    ++at;
  }
  if (isName() && !is("maximize") && !is("minimize") && (valueNamed() || misspelled({"maximize", "minimize"})))
    return result;
  if (isName() && !is("maximize") && !is("minimize"))
    do
      result.blocks.push_back(updated());
    while (!panicking && accept(","));
  if (accept("maximize"))
    result.maximize = true;
  else if (!accept("minimize"))
    fail("`maximize` or `minimize`");
  if (!panicking)
    result.value = whole();
  result.qualifiers = qualifiers(false);
  result.span = since(begin);
  return result;
}

/// Reads `, clip_grad`. Reports the comma if it was forgotten.
bool Parser::clipFollows(std::string_view word) {
  bool comma = is(",") && is(word, 1);
  if (!comma && !is(word))
    return false;
  if (!comma)
    diagnostics.add(DiagnosticId::Expected, peek().span, {"`,`", "`" + std::string(word) + "`"}).fix =
        Fix{{tokens[at - 1].span.end, peek().span.end}, ", " + std::string(word)};
  at += comma ? 2 : 1;
  return true;
}

/// qualifiers = { "with" call | "," "clip_grad" number | "," "clip_weight" number |
/// "every" n | "times" n | "accumulate" n | "when" condition | "from" stream }
ast::Qualifiers Parser::qualifiers(bool ofStep) {
  ast::Qualifiers result;
  while (!panicking) {
    if (std::exchange(optimizerFollows, false) || accept("with")) {
      result.optimizer = postfix();
    } else if (clipFollows("clip_grad")) {
      result.clipGrad = unary();
    } else if (clipFollows("clip_weight")) {
      result.clipWeight = unary();
    } else if (accept("every")) {
      skipEquals("every");
      result.every = unary();
    } else if (accept("times")) {
      skipEquals("times");
      result.times = unary();
    } else if (accept("accumulate")) {
      skipEquals("accumulate");
      result.accumulate = unary();
    } else if (accept("when")) {
      result.when = expression();
    } else if (accept("from")) {
      result.from = name("a stream");
    } else if (!isName() || !unknownQualifier(ofStep)) {
      break;
    }
  }
  return result;
}

} // namespace gan::dsl
