// Explains what a model means: layers with shapes, parameters, and every default in force.
#include "dsl/Checker.h"
#include "dsl/Tables.h"

#include <charconv>
#include <cstdio>

namespace gan::dsl {

std::string shapeText(const Shape &shape) {
  if (shape.empty())
    return "one number";
  std::string out = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + ")";
}

std::string numberText(const Model &model, const Number &number) {
  std::string out;
  for (const Number::Term &t : number.terms) {
    char literal[40];
    *std::to_chars(literal, literal + sizeof literal - 1, t.value).ptr =
        0; // the shortest text that gives the same number when it is read
    out += out.empty() ? "" : " ";
    out += t.op == NumberOp::Literal    ? literal
           : t.op == NumberOp::Constant ? "$" + model.constants[t.index].name
                                        : std::string(numberOpRows()[size_t(t.op)].word);
  }
  return out;
}

static std::string shortNumber(const Number &n) {
  std::optional<double> v = n.literal();
  if (!v)
    return "<number>";
  char text[40];
  snprintf(text, sizeof text, "%g", *v);
  return text;
}

static std::string initText(const Init &init) {
  static constexpr const char *names[] = {"constant",       "normal",        "uniform",
                                          "glorot_uniform", "glorot_normal", "he_uniform",
                                          "he_normal",      "orthogonal",    "uniform(+-1/sqrt(fan_in))",
                                          "unit_vector"};
  char text[96];
  switch (init.kind) {
  case InitKind::Normal:
  case InitKind::Uniform:
    snprintf(text, sizeof text, "%s(%g, %g)", names[size_t(init.kind)], init.a, init.b);
    return text;
  case InitKind::Constant:
  case InitKind::HeUniform:
  case InitKind::HeNormal:
  case InitKind::Orthogonal:
    snprintf(text, sizeof text, "%s(%g)", names[size_t(init.kind)], init.a);
    return text;
  default:
    return names[size_t(init.kind)];
  }
}

/// A global, which has no layers that a user knows of.
static std::string explainGlobal(const Block &block) {
  char text[128];
  int length = snprintf(text, sizeof text, "starts as %g", block.layers[0].params[0].init.a);
  if (block.kept)
    snprintf(text + length, sizeof text - size_t(length), ", kept in [%g, %g]", block.kept->lo, block.kept->hi);
  return text + std::string("\n");
}

std::string explainLayers(const Block &block) {
  if (block.kind == BlockKind::Global)
    return explainGlobal(block);
  std::string out;
  for (const Layer &layer : block.layers) {
    std::string text = std::to_string(layer.index) + " " + std::string(rowOf(layer.kind).spelling);
    for (size_t i = 0; i < layer.args.size(); ++i) {
      const LayerArg &arg = layer.args[i];
      const ArgRow &row = rowOf(layer.kind).args[i];
      if (arg.values.empty() && arg.refs.empty())
        continue;
      text += (i ? ", " : " ") + arg.name + " ";
      if (row.type == ArgType::Flag)
        text += *arg.values[0].literal() != 0 ? "on" : "off";
      if (row.type == ArgType::Choice)
        text += choicesOf(row)[size_t(*arg.values[0].literal())];
      for (const Ref &ref : arg.refs)
        text += (&ref == arg.refs.data() ? "" : ", ") +
                (ref.label >= 0 ? block.labels[size_t(ref.label)].name : block.inputs[size_t(ref.input)].name);
      if (row.type == ArgType::Flag || row.type == ArgType::Choice)
        continue;
      for (size_t v = 0; v < arg.values.size(); ++v)
        text += (v ? "x" : "") + shortNumber(arg.values[v]);
    }
    int64_t count = 0;
    for (const Param &p : layer.params)
      count += p.buffer ? 0 : elements(p.shape);
    text += " -> " + shapeText(layer.out);
    if (count)
      text += ", " + std::to_string(count) + " parameters";
    out += text + "\n";
  }
  return out;
}

static std::string explainBlock(const Block &block) {
  if (block.kind == BlockKind::Global)
    return "global " + block.name + " " + explainLayers(block);
  int64_t count = 0;
  for (const Layer &layer : block.layers)
    for (const Param &p : layer.params)
      count += p.buffer ? 0 : elements(p.shape);
  std::string out =
      std::string(spellingOf(block.kind)) + " " + block.name + ": " + std::to_string(count) + " parameters\n";
  std::string lines = explainLayers(block);
  for (size_t at = 0; at < lines.size();) {
    size_t end = lines.find('\n', at);
    out += "  " + lines.substr(at, end - at) + "\n";
    at = end + 1;
  }
  for (const Layer &layer : block.layers)
    for (const Param &p : layer.params)
      if (!p.buffer)
        out += "    " + block.name + "." + std::to_string(layer.index) + "." + p.name + " " + shapeText(p.shape) +
               " starts as " + initText(p.init) + "\n";
  return out;
}

std::string explain(const Model &model) {
  std::string out = "model " + model.name + ", batch " + std::to_string(model.batch);
  if (model.epochs)
    out += ", " + std::to_string(model.epochs) + " epochs";
  if (model.epochIterations)
    out += " of " + std::to_string(model.epochIterations) + " iterations";
  out += "\n";
  for (const Block &block : model.blocks)
    out += "\n" + explainBlock(block);
  for (const Step &step : model.steps) {
    out += "\nstep " + step.name + ", every " + std::to_string(step.every) + "\n";
    for (const Objective &o : step.objectives)
      out += "  " + o.name + (o.terms[0].maximize ? " maximizes" : " minimizes") + " with " +
             std::string(rowOf(o.optimizer.kind).spelling) +
             (o.accumulate > 1 ? ", every " + std::to_string(o.accumulate) + " runs together" : "") + "\n";
  }
  out += "\nnumbers that --set changes\n";
  for (const Constant &c : model.constants)
    out += "  " + c.name + " = " + numberText(model, c.value) + "\n";
  return out;
}

} // namespace gan::dsl
