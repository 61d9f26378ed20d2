#include "runtime/generate/Traverse.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <string_view>

namespace ganrt {

std::vector<Code> codesOf(const gan_graph &graph, const std::string &wanted, bool allWhereNone) {
  std::vector<Code> all, few;
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    const gan_input &input = graph.inputs[i];
    bool later = std::string_view(input.name).find('#') != std::string_view::npos; // of a step of a refinement
    if (!isLatent(input) || (later && wanted.empty()))
      continue;
    if (input.kind == GAN_INPUT_CATEGORICAL)
      all.push_back({i, -1, input.name});
    for (size_t k = 0; k < sizeOf(input) && input.kind != GAN_INPUT_CATEGORICAL; ++k)
      all.push_back({i, int64_t(k), sizeOf(input) == 1 ? input.name : input.name + ("." + std::to_string(k))});
  }
  std::vector<std::string> names;
  for (const Code &code : all) {
    const gan_input &input = graph.inputs[code.input];
    if (wanted.empty() ? input.kind == GAN_INPUT_CATEGORICAL || sizeOf(input) <= 16
                       : code.name == wanted || wanted == input.name)
      few.push_back(code);
    names.push_back(code.name);
  }
  if (few.empty() && !wanted.empty()) {
    std::string near = nearestName(wanted, names);
    throw UserError("there is no code " + wanted + (near.empty() ? "" : ": did you mean " + near + "?"));
  }
  return few.empty() && allWhereNone ? all : few;
}

namespace {

double valueAt(const gan_input &input, const Ways &ways, int64_t column, int64_t columns) {
  if (input.kind == GAN_INPUT_CATEGORICAL)
    return double(column);
  bool normal = input.kind == GAN_INPUT_NORMAL;
  double lo = ways.from.value_or(normal ? -2 : input.lo), hi = ways.to.value_or(normal ? 2 : input.hi);
  return columns > 1 ? lo + (hi - lo) * double(column) / double(columns - 1) : lo;
}

} // namespace

int64_t columnsOf(const gan_graph &sample, const Code &code, const Ways &ways) {
  return code.element < 0 ? int64_t(sizeOf(sample.inputs[code.input])) : ways.columns;
}

Traversal traversal(Generator &generator, const Drawing &drawing, const Code &code, const Ways &ways) {
  const gan_graph &table = generator.graph().table();
  const gan_input &input = table.inputs[code.input];
  int64_t columns = columnsOf(table, code, ways), count = ways.rows * columns;
  Latents rows;
  for (int64_t run = 0; run * generator.batch() < ways.rows; ++run)
    for (auto &[i, values] : drawnLatents(generator, uint64_t(run), drawing))
      rows[i].insert(rows[i].end(), values.begin(), values.end());
  for (Shown &s : generator.shown)
    s.array.numbers.clear(), s.array.shape[0] = 0;
  for (int64_t first = 0; first < count; first += generator.batch()) {
    Latents batch;
    for (auto &[i, values] : rows)
      for (int64_t n = first; n < first + generator.batch(); ++n) {
        auto size = int64_t(sizeOf(table.inputs[i]));
        int64_t row = std::min(n, count - 1) / columns;
        std::vector<double> v(values.begin() + row * size, values.begin() + (row + 1) * size);
        double value = valueAt(input, ways, n % columns, columns);
        if (i == code.input && code.element >= 0)
          v[size_t(code.element)] = value;
        else if (i == code.input)
          for (int64_t k = 0; k < size; ++k)
            v[size_t(k)] = double(k) == value;
        batch[i].insert(batch[i].end(), v.begin(), v.end());
      }
    giveLatents(generator.graph(), batch);
    generator.run(0, std::min(generator.batch(), count - first));
  }
  Traversal out{generator.shown, columns, {}};
  for (int64_t n = 0; ways.captions && n < count; ++n) {
    char text[24];
    snprintf(text, sizeof text, "%.3g", valueAt(input, ways, n % columns, columns));
    out.captions.emplace_back(text);
  }
  return out;
}

} // namespace ganrt
