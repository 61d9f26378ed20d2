// Prints the texts of --stage=ast and --stage=model, with one item on each line, nested by indentation.
#include "dsl/Checker.h"
#include "dsl/Parser.h"
#include "dsl/Tables.h"

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
  case ast::ExprKind::Number:
    snprintf(number, sizeof number, "%g", e->number);
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
  case ExprKind::StandardNormal:
    return "standard_normal";
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

std::string printAst(const ast::File &file) {
  std::string out = "model " + file.model.text + "\n";
  for (const ast::Binding &b : file.constants)
    out += "const " + b.names[0].text + " = " + show(b.value.get()) + "\n";
  for (const ast::Data &d : file.data)
    out += (d.latent ? "latent " : "data ") + d.name.text + ": " + show(d.type.get()) +
           (d.lo ? " in [" + show(d.lo.get()) + ", " + show(d.hi.get()) + "]" : "") + "\n";
  for (const ast::Block &b : file.blocks) {
    out += b.kind.text + " " + b.name.text + "\n";
    for (const ast::Port &p : b.inputs)
      out += "  input " + (p.name.text.empty() ? "" : p.name.text + ": ") + show(p.type.get()) + "\n";
    for (const ast::Port &p : b.outputs)
      out += "  output " + (p.name.text.empty() ? "" : p.name.text + ": ") + show(p.type.get()) + "\n";
    showItems(b.items, "  ", out);
  }
  if (!file.train)
    return out;
  out += "train batch " + show(file.train->batch.get()) + "\n";
  for (const ast::Binding &b : file.train->lets)
    out += "  let " + b.names[0].text + " = " + show(b.value.get()) + "\n";
  for (const ast::Binding &b : file.train->metrics)
    out += "  metric " + b.names[0].text + " = " + show(b.value.get()) + "\n";
  for (const ast::Step &s : file.train->steps) {
    out += "  step";
    for (const ast::Name &n : s.blocks)
      out += " " + n.text;
    out += s.qualifiers.optimizer ? " with " + show(s.qualifiers.optimizer.get()) + "\n" : "\n";
    for (const ast::Binding &b : s.lets)
      out += "    let " + b.names[0].text + " = " + show(b.value.get()) + "\n";
    for (const ast::Objective &o : s.objectives)
      out += std::string("    ") + (o.maximize ? "maximize " : "minimize ") + show(o.value.get()) + "\n";
  }
  return out;
}

std::string printModel(const Model &model) {
  std::string out = explain(model);
  for (const Let &l : model.lets)
    out += "let " + l.name + (l.step < 0 ? "" : " in step " + model.steps[l.step].name) + " = " +
           show(model, *l.value) + "\n";
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
