// Tells what data the inputs of a graph need.
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/data/Dataset.h"
#include "runtime/program/Graph.h"
#include "runtime/program/Inputs.h"

#include <algorithm>
#include <cmath>

namespace ganrt {

/// What one input wants of its data.
static WantedData wantedOf(const gan_input &input) {
  const gan_layout &l = input.layout;
  WantedData wanted;
  wanted.columns.assign(input.columns, input.columns + input.num_columns);
  if (input.kind == GAN_INPUT_LABEL) {
    wanted.classes = l.shape[1];
    wanted.label = declaredName(input);
    return wanted;
  }
  wanted.vector = input.kind == GAN_INPUT_VECTOR;
  wanted.width = l.shape[wanted.vector ? 1 : 3];
  if (!wanted.vector)
    wanted.channels = l.shape[1], wanted.height = l.shape[2];
  wanted.lo = input.lo, wanted.hi = input.hi;
  wanted.name = declaredName(input);
  return wanted;
}

/// Adds what an input reads, unless another one reads the same.
static void addWanted(const gan_input &input, WantedData &all) {
  WantedData own = wantedOf(input);
  const std::string &name = own.declaration();
  auto isIt = [&](const WantedData &other) { return other.name == name || other.label == name; };
  if (isIt(all) || std::any_of(all.others.begin(), all.others.end(), isIt))
    return;
  // Labels without a column belong to the images or vectors without one: they have the same source.
  if (own.name.empty() && own.columns.empty() && all.columns.empty() && all.label.empty()) {
    all.classes = own.classes, all.label = own.label;
  } else if (!own.name.empty() && all.name.empty() && (own.columns.empty() || all.label.empty())) {
    own.classes = all.classes, own.label = all.label, own.others = std::move(all.others);
    all = std::move(own);
  } else {
    all.others.push_back(std::move(own));
  }
}

WantedData wantedOf(const std::vector<gan_input> &inputs) {
  WantedData wanted;
  for (const gan_input &input : inputs)
    addWanted(input, wanted);
  return wanted;
}

WantedData wantedData(const gan_program &program, const gan_graph &graph) {
  WantedData wanted;
  std::vector<std::string> declared;
  bool compare = false;
  if (const gan_graph *evaluation = findGraph(program, GAN_GRAPH_EVALUATE))
    for (uint32_t i = 0; i < evaluation->num_observations; ++i)
      compare |= evaluation->observations[i].kind == GAN_OBSERVE_CODE;
  const gan_graph &train = *findGraph(program, GAN_GRAPH_TRAIN);
  for (uint32_t i = 0; i < train.num_inputs; ++i) {
    const gan_input &input = train.inputs[i];
    if (!isData(input))
      continue;
    declared.push_back(declaredName(input));
    if (input.kind != GAN_INPUT_LABEL && wanted.name.empty()) // the first declaration, whichever the graph reads
      addWanted(input, wanted);
  }
  for (uint32_t i = 0; i < graph.num_inputs; ++i)
    if (isData(graph.inputs[i]))
      addWanted(graph.inputs[i], wanted);
  wanted.compare = compare;
  wanted.declared = std::move(declared);
  return wanted;
}

} // namespace ganrt
