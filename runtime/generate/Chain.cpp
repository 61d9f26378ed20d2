// Decides where the inputs of blocks in a chain get their values, and passes these on.
#include "runtime/generate/Chain.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/data/Batches.h"
#include "runtime/program/Inputs.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ganrt {
namespace {

std::string blockOf(const gan_program &program, const Link &link) { return program.blocks[link.table->block].name; }

/// The shape of one sample.
std::vector<int64_t> sampleShape(const gan_layout &l) { return {l.shape + 1, l.shape + l.rank}; }

/// The first value of a block that has the shape of an input.
const gan_observation *valueFor(const Link &before, const gan_input &input) {
  for (uint32_t i = 0; i < before.table->num_observations; ++i)
    if (const gan_observation &o = before.table->observations[i];
        o.kind == GAN_OBSERVE_VALUE && sampleShape(o.layout) == sampleShape(input.layout))
      return &o;
  return nullptr;
}

UserError cannotFollow(const gan_program &program, const Link &before, const Link &link) {
  std::string makes, takes;
  for (uint32_t i = 0; i < before.table->num_observations; ++i)
    if (const gan_observation &o = before.table->observations[i]; o.kind == GAN_OBSERVE_VALUE)
      makes += (makes.empty() ? "" : ", ") + std::string(o.name) + " " + shapeText(sampleShape(o.layout));
  for (uint32_t i = 0; i < link.table->num_inputs; ++i)
    if (const gan_input &input = link.table->inputs[i]; isData(input) || isLatent(input))
      takes += (takes.empty() ? "" : ", ") + std::string(input.name) + " " + shapeText(sampleShape(input.layout));
  return UserError(blockOf(program, link) + " takes " + takes + "; " + blockOf(program, before) + " before it makes " +
                   makes);
}

/// An input as it is read with data.
gan_input asData(gan_input input) {
  if (!isLatent(input))
    return input;
  bool image = input.layout.rank == 4;
  input.kind = input.kind == GAN_INPUT_CATEGORICAL ? GAN_INPUT_LABEL : image ? GAN_INPUT_IMAGE : GAN_INPUT_VECTOR;
  if (!image)
    input.lo = -std::numeric_limits<double>::infinity(), input.hi = std::numeric_limits<double>::infinity();
  return input;
}

} // namespace

const gan_graph *findApply(const gan_program &program, const std::string &block) {
  for (uint32_t g = 0; g < program.num_graphs; ++g)
    if (const gan_graph &graph = program.graphs[g];
        graph.kind == GAN_GRAPH_APPLY && program.blocks[graph.block].name == block)
      return &graph;
  return nullptr;
}

gan_graph asDrawn(const gan_graph &table, std::vector<gan_input> &inputs) {
  inputs.assign(table.inputs, table.inputs + table.num_inputs);
  for (gan_input &input : inputs)
    if (isData(input))
      input.kind = input.kind == GAN_INPUT_LABEL ? GAN_INPUT_CATEGORICAL : GAN_INPUT_UNIFORM;
  gan_graph copy = table;
  copy.inputs = inputs.data();
  return copy;
}

void connect(const gan_program &program, std::vector<Link> &links, const std::vector<std::string> &named) {
  for (size_t k = 0; k < links.size(); ++k) {
    Link &link = links[k];
    link.from.assign(link.table->num_inputs, InputFrom::Draw);
    for (uint32_t i = 0; i < link.table->num_inputs; ++i) {
      const gan_input &input = link.table->inputs[i];
      bool isNamed = std::find(named.begin(), named.end(), declaredName(input)) != named.end();
      bool isChosen =
          std::any_of(link.chosen.begin(), link.chosen.end(), [&](const Chosen &c) { return c.input == i; });
      if (!isData(input) && !isLatent(input))
        continue;
      if (isNamed || isChosen)
        link.from[i] = isNamed ? InputFrom::Data : InputFrom::Choice;
      else if (k && !link.takes && (link.takes = valueFor(links[k - 1], input)))
        link.from[i] = InputFrom::Before;
      else
        link.from[i] = isLatent(input) ? InputFrom::Draw : InputFrom::Data;
    }
    if (k && !link.takes)
      throw cannotFollow(program, links[k - 1], link);
  }
}

WantedData wantedData(const std::vector<Link> &links) {
  std::vector<gan_input> read;
  std::vector<std::string> names;
  for (const Link &link : links)
    for (uint32_t i = 0; i < link.table->num_inputs; ++i) {
      const gan_input &input = link.table->inputs[i];
      if (isData(input) || isLatent(input))
        names.push_back(declaredName(input));
      if (link.from[i] == InputFrom::Data)
        read.push_back(asData(input));
    }
  WantedData wanted = wantedOf(read);
  wanted.declared = std::move(names);
  wanted.channelsFirst = true; // as the arrays that commands write
  for (WantedData &other : wanted.others)
    other.channelsFirst = true;
  return wanted;
}

// ---- running ----

Chain::Chain(const Session &session, const std::vector<Link> &links, bool draw) : links(links) {
  for (const Link &link : links) {
    generators.push_back(std::make_unique<Generator>(session, *link.table, draw));
    generators.back()->giveTo([this](const std::vector<Shown> &shown) { made = shown; });
  }
}

const std::vector<Shown> &Chain::run(const Dataset &data, const std::vector<int64_t> &indices, int64_t count,
                                     uint64_t number) {
  for (size_t k = 0; k < links.size(); ++k) {
    giveChosen(k, number);
    for (uint32_t i = 0; i < links[k].table->num_inputs; ++i)
      if (links[k].from[i] == InputFrom::Before)
        giveBefore(k, i);
      else if (links[k].from[i] == InputFrom::Data)
        giveData(k, i, data, indices);
    generators[k]->run(number, count);
  }
  return made;
}

/// Writes the values of an input, in PyTorch's order, to where the graph reads them.
void Chain::give(size_t link, uint32_t i, const std::vector<double> &values) {
  Graph &graph = generators[link]->graph();
  const gan_input &input = graph.table().inputs[i];
  if (isData(input))
    return toInside(input.layout, values.data(), graph.input(i));
  std::vector<uint8_t> memory(bytesOf(input.layout));
  toInside(input.layout, values.data(), memory.data());
  graph.replaceDraw(i, 0, std::move(memory));
}

/// What the user has set: of latents, and of inputs that are data otherwise.
void Chain::giveChosen(size_t k, uint64_t number) {
  const Link &link = links[k];
  Graph &graph = generators[k]->graph();
  Drawing drawing;
  std::map<uint32_t, std::vector<double>> set;
  for (const Chosen &c : link.chosen) {
    const gan_input &input = link.table->inputs[c.input];
    if (isLatent(input)) {
      drawing.chosen.push_back(c);
      continue;
    }
    std::vector<gan_input> inputs;
    std::vector<double> &values = set[c.input];
    values.resize(elementsOf(input.layout));
    choose(c, asDrawn(*link.table, inputs).inputs[c.input], values);
  }
  if (!drawing.chosen.empty())
    giveLatents(graph, drawnLatents(*generators[k], number, drawing));
  for (auto &[i, values] : set)
    give(k, i, values);
}

void Chain::giveBefore(size_t k, uint32_t i) {
  const std::string wanted = links[k].takes->name;
  auto before = std::find_if(made.begin(), made.end(), [&](const Shown &s) { return s.array.name == wanted; });
  std::vector<double> values(elementsOf(links[k].table->inputs[i].layout), 0.0); // zero behind the last sample
  std::copy(before->array.numbers.begin(), before->array.numbers.end(), values.begin());
  give(k, i, values);
}

void Chain::giveData(size_t k, uint32_t i, const Dataset &data, const std::vector<int64_t> &indices) {
  const gan_input &input = links[k].table->inputs[i];
  gan_input read = asData(input);
  InputBatch batch;
  std::vector<uint8_t> memory(bytesOf(input.layout));
  findImages(data, read, indices, batch);
  normalise(data, read, Scale(read.lo, read.hi), batch, reinterpret_cast<float *>(memory.data()));
  Graph &graph = generators[k]->graph();
  if (isData(input))
    memcpy(graph.input(i), memory.data(), memory.size());
  else
    graph.replaceDraw(i, 0, std::move(memory));
}

} // namespace ganrt
