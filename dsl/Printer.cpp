// Prints the texts of --stage=ast and --stage=model, with one item on each line, nested by indentation.
#include "dsl/Checker.h"
#include "dsl/Parser.h"
#include "dsl/Tables.h"

#include <charconv>

namespace gan::dsl {
namespace {

std::string show(const ast::Expr *e);

std::string show(const std::vector<ast::Argument> &arguments) {
  std::string out;
  for (const ast::Argument &a : arguments)
    out += (out.empty() ? "" : ", ") + (a.name.text.empty() ? "" : a.name.text + " ") + show(a.value.get()) +
           (a.unit.text.empty() ? "" : " per " + a.unit.text);
  return out;
}

std::string show(const ast::Expr *e) {
  if (!e)
    return "?";
  char number[40];
  switch (e->kind) {
  case ast::ExprKind::Number: // the shortest text that reads back the same
    *std::to_chars(number, number + sizeof number - 1, e->number).ptr = 0;
    return number;
  case ast::ExprKind::Name:
    return e->name.text;
  case ast::ExprKind::Call:
    return show(e->operands[0].get()) + "(" + show(e->arguments) + ")";
  case ast::ExprKind::Member:
    return show(e->operands[0].get()) + "." + e->name.text;
  case ast::ExprKind::Unary:
    return "(" + e->name.text + " " + show(e->operands[0].get()) + ")";
  case ast::ExprKind::Binary:
    return "(" + show(e->operands[0].get()) + " " + e->name.text + " " + show(e->operands[1].get()) + ")";
  case ast::ExprKind::Tuple: {
    std::string out = "(";
    for (const ast::ExprPtr &operand : e->operands)
      out += (out.size() > 1 ? ", " : "") + show(operand.get());
    return out + ")";
  }
  }
  return "?";
}

void showItems(const std::vector<ast::Item> &items, const std::string &indent, std::string &out) {
  for (const ast::Item &item : items) {
    out += indent + (item.label.text.empty() ? "" : item.label.text + ": ");
    if (item.layer) {
      out += item.layer->name.text + (item.layer->arguments.empty() ? "" : " " + show(item.layer->arguments)) + "\n";
    } else {
      out += "group\n";
      showItems(item.group, indent + "  ", out);
    }
  }
}

std::string show(const Model &model, const Expr &e) {
  auto arguments = [&] {
    std::string out = "(";
    for (const ExprPtr &a : e.args)
      out += (out.size() > 1 ? ", " : "") + show(model, *a);
    return out + ")";
  };
  switch (e.kind) {
  case ExprKind::Number:
    return "[" + numberText(model, e.number) + "]";
  case ExprKind::Data:
    return model.data[e.index].name;
  case ExprKind::Latent:
    return model.latents[e.index].name;
  case ExprKind::Fresh:
    return model.latents[e.index].name + "~" + std::to_string(e.draw);
  case ExprKind::Let: {
    const Expr *value = model.lets[e.index].value.get();
    while (value && value->kind == ExprKind::Let)
      value = model.lets[value->index].value.get();
    bool several = value && value->type.kind == TypeKind::Block && e.type.kind != TypeKind::Block;
    return model.lets[e.index].name + (several ? "->" + model.blocks[value->index].outputs[e.output].name : "");
  }
  case ExprKind::Refined:
  case ExprKind::Refine:
    return model.refinements[e.index].name;
  case ExprKind::Given:
    return model.blocks[e.index].name + "." + givenName(model.blocks[e.index], e.draw);
  case ExprKind::Standard:
    return "standard_" +
           (e.type.dist == OutputKind::Gaussian ? std::string("normal") : std::string(rowOf(e.type.dist).spelling));
  case ExprKind::Call:
    return std::string(rowOf(e.function).spelling) + arguments();
  case ExprKind::Apply: {
    const Block &b = model.blocks[e.index];
    std::string output = e.label >= 0           ? "." + b.labels[e.label].name
                         : b.outputs.size() > 1 ? "->" + b.outputs[e.output].name
                                                : "";
    return b.name + output + arguments();
  }
  default:
    static constexpr const char *names[] = {"add",  "sub",     "mul", "div", "pow", "neg",
                                            "less", "greater", "and", "or",  "not"};
    return names[size_t(e.kind) - size_t(ExprKind::Add)] + arguments();
  }
}

} // namespace

namespace {

std::string namesOf(const std::vector<ast::Name> &names) {
  std::string out;
  for (const ast::Name &n : names)
    out += (out.empty() ? "" : ", ") + n.text;
  return out;
}

std::string namesOf(const std::vector<ast::Updated> &updated) {
  std::string out;
  for (const ast::Updated &u : updated)
    out += (out.empty() ? "" : ", ") + u.block.text + (u.label.text.empty() ? "" : "." + u.label.text);
  return out;
}

std::string labelled(const ast::Name &label) { return label.text.empty() ? "" : label.text + ": "; }

/// One line for each binding: `let a, b = value`.
void showBindings(const std::string &word, const std::vector<ast::Binding> &bindings, std::string &out) {
  for (const ast::Binding &b : bindings)
    out += word + " " + namesOf(b.names) + " = " + show(b.value.get()) + "\n";
}

void showInits(const std::string &indent, const std::vector<ast::InitRule> &inits, std::string &out) {
  for (const ast::InitRule &rule : inits)
    out += indent + "init " + rule.role.text + " " + show(rule.value.get()) + "\n";
}

std::string show(const ast::Qualifiers &q) {
  std::string out;
  auto add = [&](const char *word, const ast::ExprPtr &value) {
    if (value)
      out += std::string(" ") + word + " " + show(value.get());
  };
  add("with", q.optimizer);
  add("clip_grad", q.clipGrad);
  add("clip_weight", q.clipWeight);
  add("every", q.every);
  add("times", q.times);
  add("accumulate", q.accumulate);
  add("when", q.when);
  return out + (q.from.text.empty() ? "" : " from " + q.from.text);
}

void showBlock(const ast::Block &b, std::string &out) {
  out += (b.frozen ? "frozen " : "") + b.kind.text + " " + b.name.text +
         (b.file.text.empty() ? "" : " from \"" + b.file.text + "\"") + "\n";
  for (const ast::Port &p : b.inputs)
    out += "  input " + labelled(p.name) + show(p.type.get()) + "\n";
  for (const ast::Port &p : b.outputs)
    out += "  output " + labelled(p.name) + show(p.type.get()) + "\n";
  showInits("  ", b.inits, out);
  showItems(b.items, "  ", out);
}

void showStep(const ast::Step &s, std::string &out) {
  out += "  step " + namesOf(s.blocks) + show(s.qualifiers) + "\n";
  showBindings("    let", s.lets, out);
  showBindings("    metric", s.metrics, out);
  for (const ast::Objective &o : s.objectives)
    out += "    " + labelled(o.label) + (o.blocks.empty() ? "" : namesOf(o.blocks) + " ") +
           (o.maximize ? "maximize " : "minimize ") + show(o.value.get()) + show(o.qualifiers) + "\n";
}

void showTrain(const ast::Train &train, std::string &out) {
  out += "train batch " + show(train.batch.get()) + "\n";
  if (train.epochs)
    out +=
        "  epochs " + show(train.epochs.get()) + (train.iterations ? " of " + show(train.iterations.get()) : "") + "\n";
  for (const ast::Choice &c : train.choices)
    out += "  choose " + show(c.first.get()) + " with " + show(c.chance.get()) + " else " + c.second.text + "\n";
  for (const ast::Average &a : train.averages)
    out += "  average " + a.block.text + " by " + show(a.decay.get()) + "\n";
  for (const ast::Refinement &r : train.refinements) {
    out += "  refine " + r.name.text + " from " + r.latent.text + " over " + show(r.steps.get()) + "\n";
    showBindings("    let", r.lets, out);
    out += "    next " + show(r.next.get()) + "\n";
  }
  showBindings("  const", train.constants, out);
  showBindings("  let", train.lets, out);
  showBindings("  metric", train.metrics, out);
  for (const ast::Step &s : train.steps)
    showStep(s, out);
}

} // namespace

/// ` from "height", "weight"`.
static std::string fromColumns(const ast::Data &data) {
  std::string out;
  for (const ast::Name &column : data.columns)
    out += (out.empty() ? " from \"" : ", \"") + column.text + "\"";
  return out;
}

/// Everything that the file says but comments and layout: the formatter may lose none of it.
std::string printAst(const ast::File &file) {
  std::string out = "model " + file.model.text + "\n";
  showBindings("const", file.constants, out);
  showInits("", file.inits, out);
  for (const ast::Data &d : file.data)
    out += (d.latent ? "latent " : "data ") + d.name.text + ": " + show(d.type.get()) + fromColumns(d) +
           (d.lo ? " in [" + show(d.lo.get()) + ", " + show(d.hi.get()) + "]" : "") + "\n";
  for (const ast::Global &g : file.globals)
    out += "global " + g.name.text + " = " + show(g.start.get()) +
           (g.lo ? " in [" + show(g.lo.get()) + ", " + show(g.hi.get()) + "]" : "") + "\n";
  for (const ast::Block &b : file.blocks)
    showBlock(b, out);
  if (file.train)
    showTrain(*file.train, out);
  return out;
}

std::string printModel(const Model &model) {
  std::string out = explain(model);
  for (const Let &l : model.lets)
    out += "let " + l.name + (l.step < 0 ? "" : " in step " + model.steps[l.step].name) + " = " +
           show(model, *l.value) + "\n";
  for (const Refinement &r : model.refinements)
    out += "refine " + r.name + " from " + model.latents[r.latent].name + " over " + std::to_string(r.steps) + " = " +
           show(model, *r.next) + "\n";
  for (const Metric &m : model.metrics)
    out += "metric " + m.name + " = " + show(model, *m.value) + "\n";
  for (const Step &s : model.steps)
    for (const Objective &o : s.objectives)
      for (const Term &t : o.terms)
        out += "objective " + t.name + (t.stream < 0 ? "" : " from " + model.streams[t.stream].name) + " = " +
               show(model, *t.value) + "\n";
  return out;
}

} // namespace gan::dsl
