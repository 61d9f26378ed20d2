// Checks layers: their arguments and defaults.
#include "dsl/check/State.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

/// Whether a layer of this name leaves the shape unchanged.
static bool keepsShape(std::string_view name) {
  for (const LayerRow &row : layerRows())
    if (row.spelling == name)
      return (row.kind >= LayerKind::BatchNorm && row.kind <= LayerKind::ChannelDropout) ||
             row.kind == LayerKind::Add || row.kind >= LayerKind::Relu;
  return false;
}

void Check::layers(const std::vector<ast::Item> &items, Block &out, Shape &shape, const ast::Block &b) {
  auto keeps = [](const ast::Item &i) { return i.layer && keepsShape(i.layer->name.text); };
  // From `tail` to the end no layer changes the shape, so a size that is left out just before it must be that of the
  // output.
  const ast::Item *tail = items.data() + (std::find_if_not(items.rbegin(), items.rend(), keeps).base() - items.begin());
  for (const ast::Item &item : items) {
    size_t before = report.mistakes();
    if (item.layer)
      layer(*item.layer, out, shape, &items == &b.items && &item + 1 >= tail, b);
    else
      layers(item.group, out, shape, b);
    if (item.label.text.empty() || before != report.mistakes() || out.layers.empty())
      continue;
    for (const Label &other : out.labels)
      if (other.name == item.label.text)
        report.error(Id::DuplicateName, item.label.span, {item.label.text, "a label"})
            .notes.push_back({other.span, "it is declared here"});
    out.labels.push_back({item.label.text, int(out.layers.size()) - 1, shape, item.label.span});
  }
}

void Check::layer(const ast::Layer &l, Block &out, Shape &shape, bool last, const ast::Block &b) {
  const std::vector<LayerRow> &rows = layerRows();
  auto row = std::find_if(rows.begin(), rows.end(), [&](const LayerRow &r) { return r.spelling == l.name.text; });
  if (row == rows.end()) {
    std::vector<std::string> names;
    for (const LayerRow &r : rows)
      names.emplace_back(r.spelling);
    report.suggest(report.error(Id::UnknownName, l.name.span, {"layer", l.name.text}), l.name.text, names, l.name.span,
                   "layer");
    if (!keepsShape(nearest(l.name.text, names)))
      shape.clear(); // the layers after it cannot be checked
    return;
  }
  bool ok = true;
  Layer layer;
  layer.kind = row->kind;
  layer.index = out.layers.size();
  layer.span = l.span;
  layer.in = shape;
  layer.args = layerArguments(l, *row, out, ok);
  if (!ok && !keepsShape(l.name.text))
    shape.clear();
  if (!ok || shape.empty())
    return; // without a shape nothing more can be checked; the mistake that caused this is reported
  std::optional<Shape> result = layerShape(layer, out, last, model, report);
  if (!result) {
    shape.clear();
    return;
  }
  layer.out = shape = *result;
  addTensors(layer, b.inits, inits);
  if (!layerFits(layer, report))
    shape.clear();
  out.layers.push_back(std::move(layer));
}

/// `linear 784, 400`: a number that stands where no number is allowed means that the size of the input was given too.
/// Reports it.
bool Check::sizeBehindSize(const LayerRow &row, size_t i, const ast::Argument &a) {
  bool number = a.value && a.value->kind == ast::ExprKind::Number;
  if (!number || (i < row.args.size() && row.args[i].type != ArgType::Flag))
    return false;
  report
      .error(Id::ExtraArgument, a.span,
             {std::string(row.spelling), i == 1 ? "one number" : std::to_string(i) + " arguments without a name",
              "one more"})
      .notes.push_back({a.span, "a layer is given its own size only: what comes in follows from the layer before"});
  return true;
}

std::vector<LayerArg> Check::layerArguments(const ast::Layer &l, const LayerRow &row, const Block &block, bool &ok) {
  std::vector<LayerArg> result;
  std::vector<bool> given(row.args.size());
  for (const ArgRow &arg : row.args)
    result.push_back({std::string(arg.name), {}, {}});
  size_t positional = 0;
  for (const ast::Argument &a : l.arguments) {
    size_t i = 0;
    if (a.name.text.empty()) {
      bool names = row.args.size() == 1 && row.args[0].type == ArgType::Refs;
      i = names ? 0 : positional++; // one argument takes any number of names
      if (i > 0 && sizeBehindSize(row, i, a)) {
        ok = false;
        continue;
      }
    } else {
      while (i < row.args.size() && row.args[i].name != a.name.text)
        ++i;
      if (i == row.args.size()) {
        std::vector<std::string> names;
        for (const ArgRow &arg : row.args)
          names.emplace_back(arg.name);
        report.suggest(report.error(Id::UnknownName, a.name.span, {"argument of " + l.name.text, a.name.text}),
                       a.name.text, names, a.name.span, "argument");
        ok = false;
        std::string meant = counterpart(a.name.text, names); // the meant argument is not reported as missing too
        if (auto it = std::find(names.begin(), names.end(), meant); it != names.end())
          given[size_t(it - names.begin())] = true;
        continue;
      }
    }
    if (i >= row.args.size()) {
      report.error(Id::ExtraArgument, a.span,
                   {l.name.text, std::to_string(row.args.size()) + " arguments", "one more"});
      ok = false;
      continue;
    }
    given[i] = true;
    ok &= layerArgument(row.args[i], a, block, result[i]);
  }
  for (size_t i = 0; i < row.args.size(); ++i) {
    if (given[i] || row.args[i].fallback.empty())
      continue;
    if (row.args[i].fallback == "!") {
      report.error(Id::MissingArgument, l.span,
                   {l.name.text, "`" + std::string(row.args[i].name) + "`: " + std::string(row.args[i].doc)});
      ok = false;
      continue;
    }
    double v = 0;
    if (row.args[i].type == ArgType::Flag)
      v = row.args[i].fallback == "on";
    else if (row.args[i].type != ArgType::Choice) // the first word of a Choice is the default
      v = std::stod(std::string(row.args[i].fallback));
    result[i].values.assign(row.args[i].type == ArgType::Pair ? 2 : 1, literalNumber(v));
  }
  return result;
}

bool Check::layerArgument(const ArgRow &row, const ast::Argument &argument, const Block &block, LayerArg &out) {
  if (!argument.value)
    return false;
  const ast::Expr &e = *argument.value;
  size_t before = report.mistakes();
  std::string name(row.name);
  auto push = [&](double v) { out.values.push_back(literalNumber(v)); };
  if (row.type == ArgType::Refs)
    return reference(e, block, out);
  if (row.type == ArgType::Choice)
    return choice(row, e, out);
  if (row.type == ArgType::Flag) {
    if (e.kind != ast::ExprKind::Name || (e.name.text != "on" && e.name.text != "off")) {
      std::string found = report.text(e.span);
      Diagnostic &d = report.error(Id::ArgumentType, e.span, {name, "`on` or `off`", "`" + found + "`"});
      for (std::string_view no : {"False", "false", "no", "None", "0"})
        if (found == no)
          d.fix = Fix{e.span, "off"};
      for (std::string_view yes : {"True", "true", "yes", "1"})
        if (found == yes)
          d.fix = Fix{e.span, "on"};
      return false;
    }
    push(e.name.text == "on");
    return true;
  }
  if (row.type == ArgType::Real) {
    out.values.push_back(numbers.number(e));
    std::optional<double> v = out.values[0].literal();
    if (v && report.mistakes() == before && (*v < row.lo || *v > row.hi)) {
      char text[96];
      snprintf(text, sizeof text, "from %g to %g", row.lo, row.hi);
      char found[40];
      snprintf(found, sizeof found, "%g", *v);
      Diagnostic &d = report.error(Id::OutOfRange, e.span, {name, text, found});
      if (argument.name.text.empty() && *v > 1 && *v == std::floor(*v) && row.hi <= 1)
        d.notes.push_back({e.span, "the size of what comes in is never given: it follows from the layer before"});
    }
    return report.mistakes() == before;
  }
  std::vector<const ast::Expr *> values;
  if (e.kind == ast::ExprKind::Tuple)
    for (const ast::ExprPtr &operand : e.operands)
      values.push_back(operand.get());
  else
    values.push_back(&e);
  if ((row.type == ArgType::Whole && values.size() != 1) || (row.type == ArgType::Pair && values.size() > 2) ||
      (row.type == ArgType::Shape && values.size() != 1 && values.size() != 3) ||
      (row.type == ArgType::Sides && values.size() != 1 && values.size() != 2 && values.size() != 4)) {
    Diagnostic &d = report.error(Id::ArgumentType, e.span,
                                 {name,
                                  row.type == ArgType::Shape   ? "(n) or (C, H, W)"
                                  : row.type == ArgType::Sides ? "one, two or four numbers"
                                  : row.type == ArgType::Pair  ? "one or two numbers"
                                                               : "one number",
                                  std::to_string(values.size()) + " numbers"});
    if (row.type == ArgType::Whole && argument.name.text.empty())
      d.notes.push_back({e.span, "a layer is given its own size only: what comes in follows from the layer before"});
    return false;
  }
  for (const ast::Expr *v : values) {
    std::optional<int64_t> size = numbers.whole(*v, name, row.lo, row.hi);
    if (!size)
      return false;
    push(double(*size));
  }
  if (row.type == ArgType::Pair && out.values.size() == 1)
    out.values.push_back(out.values[0]);
  if (row.type == ArgType::Sides && out.values.size() < 4) {
    Number rows = out.values[0], columns = out.values.back();
    out.values = {rows, rows, columns, columns};
  }
  return true;
}

bool Check::choice(const ArgRow &row, const ast::Expr &e, LayerArg &out) {
  std::vector<std::string> words = choicesOf(row);
  auto word = std::find(words.begin(), words.end(), e.kind == ast::ExprKind::Name ? e.name.text : "");
  if (word == words.end()) {
    std::string all;
    for (const std::string &w : words)
      all += (all.empty() ? "`" : w == words.back() ? " or `" : ", `") + w + "`";
    report.suggest(report.error(Id::ArgumentType, e.span,
                                {std::string(row.name), all, "`" + report.text(e.span).substr(0, 40) + "`"}),
                   e.name.text, words, e.span);
    return false;
  }
  out.values.push_back(literalNumber(double(word - words.begin())));
  return true;
}

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

/// Whether the block declares the label, even if its layers have mistakes.
bool Check::hasLabel(const std::string &block, const std::string &label) const {
  return std::any_of(file.blocks.begin(), file.blocks.end(), [&](const ast::Block &b) {
    return b.name.text == block && declaration(b.items, label) != nullptr;
  });
}

/// Resolves the name of an input of the block, or of a label before this layer.
bool Check::reference(const ast::Expr &e, const Block &block, LayerArg &out) {
  if (e.kind != ast::ExprKind::Name) {
    report.error(Id::WrongType, e.span, {"the name of a label or an input", "`" + report.text(e.span) + "`"});
    return false;
  }
  const std::string &name = e.name.text;
  std::vector<std::string> candidates;
  for (size_t i = 0; i < block.labels.size(); ++i) {
    candidates.push_back(block.labels[i].name);
    if (block.labels[i].name == name)
      return out.refs.push_back({-1, int(i), block.labels[i].shape, false}), !block.labels[i].shape.empty();
  }
  for (size_t i = 0; i < block.inputs.size() && !block.trunk; ++i) {
    candidates.push_back(block.inputs[i].name);
    if (block.inputs[i].name == name)
      return out.refs.push_back({int(i), -1, block.inputs[i].shape, block.inputs[i].oneHot}),
             !block.inputs[i].shape.empty();
  }
  if (const ast::Name *label = declaration(currentBlock->items, name)) {
    if (label->span.begin > e.span.begin) // otherwise its layer has a mistake, which is reported
      report.error(Id::NotInScope, e.span, {name, "it is the value of a later layer"})
          .notes.push_back({label->span, "here"});
    return false;
  }
  for (const Block &other : model.blocks)
    for (const Label &label : other.labels)
      if (label.name == name) {
        report.error(Id::NotInScope, e.span, {name, "a chain takes up its own labels and inputs"})
            .notes.push_back({label.span, "this is a label of `" + other.name + "`"});
        return false;
      }
  bool known = names.lookup(name) && !block.trunk;
  Diagnostic &d = known
                      ? report.error(Id::NotInScope, e.span, {name, "name it among the inputs of `" + block.name + "`"})
                      : report.error(Id::UnknownName, e.span, {"label or input", name});
  if (!known)
    report.suggest(d, name, candidates, e.span);
  return false;
}

} // namespace gan::dsl
