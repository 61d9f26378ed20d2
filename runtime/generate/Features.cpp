#include "runtime/generate/Features.h"
#include "runtime/base/Error.h"
#include "runtime/generate/Chain.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <optional>

namespace ganrt {
namespace {

/// The graph as a block of features: its only data is points of this size.
std::optional<FeatureBlock> asFeatures(const gan_graph &table, size_t size) {
  FeatureBlock out{&table, 0, nullptr};
  size_t data = 0;
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    if (isData(table.inputs[i]))
      ++data, out.input = i;
  for (uint32_t i = 0; i < table.num_observations && !out.made; ++i)
    if (table.observations[i].kind == GAN_OBSERVE_VALUE)
      out.made = &table.observations[i];
  return data == 1 && out.made && sizeOf(table.inputs[out.input]) == size ? std::optional(out) : std::nullopt;
}

} // namespace

FeatureBlock featureBlock(const gan_program &program, const std::string &name, size_t size) {
  const gan_graph *table = findApply(program, name);
  if (!table)
    throw UserError("--features " + name + ": the model has no block of this name");
  if (std::optional<FeatureBlock> block = asFeatures(*table, size))
    return *block;
  throw UserError("--features " + name + ": takes something else than one sample of " + std::to_string(size) +
                  " numbers; apply and --made, --real compare any arrays");
}

std::vector<FeatureBlock> classifiers(const gan_program &program, size_t size) {
  std::vector<FeatureBlock> out;
  for (uint32_t g = 0; g < program.num_graphs; ++g)
    if (const gan_graph &table = program.graphs[g]; table.kind == GAN_GRAPH_APPLY)
      if (std::optional<FeatureBlock> block = asFeatures(table, size);
          block && block->made->distribution == GAN_VALUE_CATEGORICAL && block->made->layout.rank == 2)
        out.push_back(*block);
  return out;
}

Points featuresOf(const Session &session, const FeatureBlock &block, const Points &points) {
  Generator generator(session, *block.table, false);
  auto batch = size_t(generator.batch());
  size_t each = elementsOf(block.made->layout) / size_t(block.made->layout.shape[0]);
  Points out{points.count, each, {}};
  generator.giveTo([&](const std::vector<Shown> &shown) {
    out.values.insert(out.values.end(), shown[0].array.numbers.begin(), shown[0].array.numbers.end());
  });
  const gan_input &input = block.table->inputs[block.input];
  for (size_t first = 0; first < points.count; first += batch) {
    size_t count = std::min(batch, points.count - first);
    std::vector<double> values(batch * points.size);
    std::copy_n(points.values.begin() + int64_t(first * points.size), count * points.size, values.begin());
    toInside(input.layout, values.data(), generator.graph().input(block.input));
    generator.run(first / batch, int64_t(count));
  }
  return out;
}

std::vector<int64_t> classesOf(const Session &session, const FeatureBlock &block, const Points &points) {
  Points shares = featuresOf(session, block, points);
  std::vector<int64_t> counts(shares.size);
  for (size_t i = 0; i < shares.count; ++i) {
    auto row = shares.values.begin() + int64_t(i * shares.size);
    ++counts[size_t(std::max_element(row, row + int64_t(shares.size)) - row)];
  }
  return counts;
}

} // namespace ganrt
