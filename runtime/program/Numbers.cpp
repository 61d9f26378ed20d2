#include "runtime/program/Numbers.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ganrt {

Numbers::Numbers(const gan_program &program, const std::vector<std::string> &settings, int ranks)
    : program(program), ranks(ranks), replaced(program.num_constants) {
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

/// Applies one operation of the table to its operands.
static double applied(gan_number_op op, const double *x, double updates, const Moment &moment, double ranks) {
  double a = x[0], b = x[1], c = x[2], time = 1, epoch = moment.epoch(), epochs = moment.epochs();
  auto lowered = [&](double plateau) { return double(moment.reached(size_t(plateau))); };
  switch (op) {
#define GAN_CASE(NAME, Kind, word, operands, by_name, value)                                                           \
  case GAN_NUM_##NAME:                                                                                                 \
    return value;
    GAN_NUMBER_OPS(GAN_CASE)
#undef GAN_CASE
  default:
    return a;
  }
}

static size_t operandsOf(gan_number_op op) {
  static constexpr uint8_t counts[] = {0, 0,
#define GAN_COUNT(NAME, Kind, word, operands, by_name, value) operands,
                                       GAN_NUMBER_OPS(GAN_COUNT)
#undef GAN_COUNT
  };
  return counts[op];
}

double Numbers::evaluate(const gan_number &number, const Moment &moment, double updates) const {
  std::vector<double> stack;
  for (uint32_t i = 0; i < number.num_terms; ++i) {
    const gan_number_term &t = number.terms[i];
    if (t.op == GAN_NUM_LITERAL || t.op == GAN_NUM_CONSTANT) {
      stack.push_back(t.op == GAN_NUM_LITERAL ? t.value : constant(t.index, moment, updates));
      continue;
    }
    double operands[3] = {};
    size_t count = operandsOf(t.op);
    std::copy(stack.end() - ptrdiff_t(count), stack.end(), operands);
    stack.resize(stack.size() - count);
    stack.push_back(applied(t.op, operands, updates, moment, ranks));
  }
  return stack.back();
}

} // namespace ganrt
