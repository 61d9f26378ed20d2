#include "runtime/program/Numbers.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ganrt {

Numbers::Numbers(const gan_program &program, const std::vector<std::string> &settings)
    : program(program), replaced(program.num_constants) {
  for (const std::string &setting : settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos)
      throw UserError("--set " + setting + ": name=value is expected");
    std::string name = setting.substr(0, equals), text = setting.substr(equals + 1);
    char *end = nullptr;
    double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end || !std::isfinite(value))
      throw UserError("--set " + setting + ": `" + text + "` is not a number");
    std::vector<std::string> names;
    bool found = false;
    for (uint32_t i = 0; i < program.num_constants; ++i) {
      names.emplace_back(program.constants[i].name);
      if (name == program.constants[i].name) {
        replaced[i] = {true, value};
        found = true;
      }
    }
    if (found)
      continue;
    std::string near = nearestName(name, names), list;
    for (const std::string &n : names)
      list += (list.empty() ? "" : ", ") + n;
    throw UserError("--set " + setting + ": the model has no number `" + name + "`" +
                    (near.empty() ? "; it has " + list : ": did you mean " + near + "?"));
  }
}

double Numbers::constant(uint32_t index, const Moment &moment, double updates) const {
  return replaced[index].first ? replaced[index].second : evaluate(program.constants[index].value, moment, updates);
}

double Numbers::evaluate(const gan_number &number, const Moment &moment, double updates) const {
  std::vector<double> stack;
  auto pop = [&] {
    double v = stack.back();
    stack.pop_back();
    return v;
  };
  for (uint32_t i = 0; i < number.num_terms; ++i) {
    const gan_number_term &t = number.terms[i];
    double a, b, c;
    switch (t.op) {
    case GAN_NUM_LITERAL:
      stack.push_back(t.value);
      break;
    case GAN_NUM_CONSTANT:
      stack.push_back(constant(t.index, moment, updates));
      break;
    case GAN_NUM_EPOCH:
      stack.push_back(moment.epoch());
      break;
    case GAN_NUM_NEG:
      stack.push_back(-pop());
      break;
    case GAN_NUM_EXP:
      stack.push_back(std::exp(pop()));
      break;
    case GAN_NUM_LOG:
      stack.push_back(std::log(pop()));
      break;
    case GAN_NUM_SQRT:
      stack.push_back(std::sqrt(pop()));
      break;
    case GAN_NUM_RAMP_STEPS:
    case GAN_NUM_RAMP_EPOCHS:
      c = pop(), b = pop(), a = pop();
      stack.push_back(a + (b - a) * std::min(1.0, (t.op == GAN_NUM_RAMP_STEPS ? updates : moment.epochs()) / c));
      break;
    default:
      b = pop(), a = pop();
      stack.push_back(t.op == GAN_NUM_ADD           ? a + b
                      : t.op == GAN_NUM_SUB         ? a - b
                      : t.op == GAN_NUM_MUL         ? a * b
                      : t.op == GAN_NUM_DIV         ? a / b
                      : t.op == GAN_NUM_MIN         ? std::min(a, b)
                      : t.op == GAN_NUM_MAX         ? std::max(a, b)
                      : t.op == GAN_NUM_POW         ? std::pow(a, b)
                      : t.op == GAN_NUM_DECAY_STEPS ? a * std::pow(b, updates)
                                                    : a * std::pow(b, moment.epoch()));
    }
  }
  return stack.back();
}

} // namespace ganrt
