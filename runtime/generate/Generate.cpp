#include "runtime/generate/Generate.h"
#include "runtime/base/Error.h"
#include "runtime/data/Batches.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/device/ranks/Turns.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ganrt {

bool isLatent(const gan_input &input) {
  return input.kind == GAN_INPUT_UNIFORM || input.kind == GAN_INPUT_NORMAL || input.kind == GAN_INPUT_CATEGORICAL;
}

size_t sizeOf(const gan_input &input) { return elementsOf(input.layout) / size_t(input.layout.shape[0]); }

// ---- running ----

Generator::Generator(const Session &session, const gan_graph &table, bool draw)
    : session(session), runner(session, table), draw(draw) {
  for (uint32_t i = 0; i < table.num_observations; ++i) {
    const gan_observation &o = table.observations[i];
    if (o.kind != GAN_OBSERVE_VALUE && o.kind != GAN_OBSERVE_GIVEN && o.kind != GAN_OBSERVE_WANTED)
      continue;
    std::vector<int64_t> shape(o.layout.shape, o.layout.shape + o.layout.rank);
    shape[0] = 0;
    places[&o] = shown.size();
    shown.push_back({{o.name, shape, {}}, o.lo, o.hi, bool(o.picture), o.kind});
  }
}

void Generator::alsoShow(uint32_t input) {
  if (inputs.contains(input))
    return;
  const gan_input &table = runner.table().inputs[input];
  std::vector<int64_t> shape(table.layout.shape, table.layout.shape + table.layout.rank);
  shape[0] = 0;
  inputs[input] = shown.size();
  shown.push_back({{table.name, shape, {}}, table.lo, table.hi});
}

void Generator::keepInput(uint32_t input, const void *memory) {
  const gan_layout &layout = runner.table().inputs[input].layout;
  std::vector<double> values = toOutside(layout, memory);
  Array &array = shown[inputs.at(input)].array;
  array.numbers.insert(array.numbers.end(), values.begin(),
                       values.begin() + int64_t(values.size()) / layout.shape[0] * wanted);
  array.shape[0] += wanted;
}

void Generator::run(uint64_t iteration, int64_t count) {
  number = iteration, wanted = count;
  // The log variances of a value come after it, so both are kept until the run is over.
  std::vector<std::pair<const gan_observation *, std::vector<double>>> values, logVariances;
  std::vector<gan_observe_kind> kinds{GAN_OBSERVE_VALUE, GAN_OBSERVE_GIVEN, GAN_OBSERVE_WANTED};
  if (draw)
    kinds.push_back(GAN_OBSERVE_LOG_VARIANCE);
  runner.observe(kinds, [&](const gan_observation &o, const void *memory) {
    (places.contains(&o) ? values : logVariances).emplace_back(&o, toOutside(o.layout, memory));
  });
  for (auto &[input, place] : inputs)
    if (runner.table().inputs[input].kind <= GAN_INPUT_LABEL)
      keepInput(input, runner.input(input));
  if (!inputs.empty())
    runner.afterCall = [this](uint32_t c) {
      const gan_graph &table = runner.table();
      if (int32_t i = table.calls[c].input; i >= 0 && inputs.contains(uint32_t(i)))
        keepInput(uint32_t(i), runner.read(table.inputs[i].address, bytesOf(table.inputs[i].layout)));
    };
  runner.run({iteration});
  runner.observe({}, {});
  runner.afterCall = nullptr;
  for (auto &[o, means] : values) {
    const std::vector<double> *logVariance = nullptr;
    for (auto &[v, numbers] : logVariances)
      if (std::string(v->name) == o->name)
        logVariance = &numbers;
    keep(*o, means, logVariance);
  }
  if (taker)
    passOn();
}

void Generator::passOn() {
  taker(shown);
  for (Shown &s : shown)
    s.array.numbers.clear(), s.array.shape[0] = 0;
}

void Generator::runAll(uint64_t runs, const std::function<int64_t(uint64_t)> &prepare, Ranks *ranks) {
  if (!ranks) {
    for (uint64_t i = 0; i < runs; ++i)
      run(i, prepare(i));
    return;
  }
  byTurns(
      ranks, runs, [&](uint64_t i) { return taken(i, prepare(i)); },
      [&](uint64_t, const std::string &bytes) { give(bytes); });
}

/// Runs the graph once and returns the samples as bytes: for each value its numbers, one after the other.
std::string Generator::taken(uint64_t iteration, int64_t count) {
  std::string bytes;
  auto taking = [&](const std::vector<Shown> &batch) {
    for (const Shown &s : batch)
      bytes += bytesOfNumbers(s.array.numbers);
  };
  std::vector<Shown> before = shown;
  for (Shown &s : shown)
    s.array.numbers.clear(), s.array.shape[0] = 0;
  auto outer = std::exchange(taker, taking);
  run(iteration, count);
  taker = std::move(outer);
  shown = std::move(before);
  return bytes;
}

/// Adds samples to `shown`, or passes them on.
void Generator::give(const std::string &bytes) {
  std::vector<float> numbers = numbersOfBytes<float>(bytes);
  size_t all = 0, at = 0; // numbers of one sample of all values
  auto each = [](const Shown &s) {
    return size_t(std::accumulate(s.array.shape.begin() + 1, s.array.shape.end(), int64_t(1), std::multiplies<>()));
  };
  for (const Shown &s : shown)
    all += each(s);
  size_t count = numbers.size() / all;
  for (Shown &s : shown) {
    size_t own = each(s) * count;
    s.array.numbers.insert(s.array.numbers.end(), numbers.begin() + int64_t(at), numbers.begin() + int64_t(at + own));
    s.array.shape[0] += int64_t(count);
    at += own;
  }
  if (taker)
    passOn();
}

/// Replaces the probabilities of the classes of each sample by a class drawn from them, one-hot.
static void drawClasses(const DrawKey &key, size_t classes, float *values, size_t count) {
  for (size_t i = 0; i < count / classes; ++i) {
    float *sample = values + i * classes, at = uniformAt(key, i);
    size_t chosen = 0;
    for (; chosen + 1 < classes && at >= sample[chosen]; ++chosen)
      at -= sample[chosen];
    std::fill_n(sample, classes, 0.0f);
    sample[chosen] = 1;
  }
}

void Generator::keep(const gan_observation &o, const std::vector<double> &means,
                     const std::vector<double> *logVariance) {
  Array &array = shown[places.at(&o)].array;
  bool drawn = draw && o.kind == GAN_OBSERVE_VALUE;
  size_t count = means.size() / size_t(o.layout.shape[0]) * size_t(wanted);
  DrawKey s = drawKey(session.seed, std::string("draw.") + o.name, 0, number);
  for (size_t k = 0; k < count; ++k) {
    double v = means[k];
    if (drawn && o.distribution == GAN_VALUE_BERNOULLI)
      v = double(uniformAt(s, k)) < v;
    else if (drawn && logVariance)
      v += std::exp(0.5 * (*logVariance)[k]) * double(normalAt(s, k));
    array.numbers.push_back(float(v));
  }
  if (drawn && o.distribution == GAN_VALUE_CATEGORICAL)
    drawClasses(s, size_t(o.layout.shape[1]), array.numbers.data() + (array.numbers.size() - count), count);
  array.shape[0] += wanted;
}

// ---- latents ----

namespace {

UserError wrongValue(const std::string &setting, const std::string &why) {
  return UserError("--set " + setting + ": " + why);
}

std::vector<double> numbersOf(const std::string &setting, const std::string &text) {
  std::vector<double> out;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, end - at);
    char *rest = nullptr;
    out.push_back(std::strtod(word.c_str(), &rest));
    if (word.empty() || *rest || !std::isfinite(out.back()))
      throw wrongValue(setting, word + " is not a number");
    at = end + 1;
  }
  return out;
}

Chosen chosenOf(const gan_input &input, uint32_t i, const std::string &setting, const std::string &element,
                const std::string &text) {
  Chosen chosen{i, -1, numbersOf(setting, text)};
  auto size = int64_t(sizeOf(input));
  if (!element.empty()) {
    char *rest = nullptr;
    chosen.element = std::strtol(element.c_str() + 1, &rest, 10);
    if (*rest || element.size() < 2 || chosen.element < 0 || chosen.element >= size)
      throw wrongValue(setting, std::string(input.name) + " has numbers 0 to " + std::to_string(size - 1));
  }
  if (input.kind == GAN_INPUT_CATEGORICAL) {
    double c = chosen.values[0];
    if (chosen.element >= 0 || chosen.values.size() != 1 || c != std::floor(c) || c < 0 || c >= double(size))
      throw wrongValue(setting, std::string(input.name) + " is a class, 0 to " + std::to_string(size - 1));
  } else if (chosen.values.size() != 1 && (chosen.element >= 0 || int64_t(chosen.values.size()) != size)) {
    throw wrongValue(setting, std::string(input.name) + " has " + std::to_string(size) + " numbers, not " +
                                  std::to_string(chosen.values.size()));
  }
  return chosen;
}

void truncate(double limit, const gan_input &input, uint64_t seed, uint64_t number, std::vector<double> &values) {
  double middle = (input.lo + input.hi) / 2;
  for (size_t k = 0; k < values.size(); ++k) {
    if (input.kind == GAN_INPUT_UNIFORM)
      values[k] = middle + limit * (values[k] - middle);
    for (uint32_t again = 1; input.kind == GAN_INPUT_NORMAL && std::abs(values[k]) > limit; ++again)
      values[k] = double(normalAt(drawKey(seed, std::string("truncate.") + input.name, again, number), k));
  }
}

/// A class given by its name or, if no class has this name, by its number.
Chosen namedClass(const gan_input &input, uint32_t i, const std::string &setting, const std::string &text,
                  const std::vector<std::string> &names) {
  auto named = std::find(names.begin(), names.end(), text);
  if (named != names.end() && size_t(named - names.begin()) < sizeOf(input))
    return {i, -1, {double(named - names.begin())}};
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos)
    return chosenOf(input, i, setting, "", text);
  throw wrongValue(setting, text + " is no class; there are " + listed(names, names.size()));
}

} // namespace

void choose(const Chosen &chosen, const gan_input &input, std::vector<double> &values) {
  size_t size = sizeOf(input);
  for (size_t k = 0; k < values.size(); ++k) {
    size_t element = k % size;
    if (input.kind == GAN_INPUT_CATEGORICAL)
      values[k] = double(element) == chosen.values[0];
    else if (chosen.element < 0)
      values[k] = chosen.values.size() == 1 ? chosen.values[0] : chosen.values[element];
    else if (element == size_t(chosen.element))
      values[k] = chosen.values[0];
  }
}

std::vector<Chosen> takeChosen(const gan_graph &table, std::vector<std::string> &settings, const ClassNames &classes) {
  std::vector<Chosen> out;
  std::vector<std::string> others;
  for (const std::string &setting : settings) {
    size_t equals = setting.find('=');
    std::string name = setting.substr(0, equals);
    bool taken = false;
    for (uint32_t i = 0; i < table.num_inputs && equals != std::string::npos; ++i) {
      std::string own = table.inputs[i].name;
      if (!isLatent(table.inputs[i]) || (name != own && !name.starts_with(own + ".")))
        continue;
      std::string element = name.substr(own.size()), value = setting.substr(equals + 1);
      auto names = classes.find(own);
      out.push_back(names != classes.end() && element.empty()
                        ? namedClass(table.inputs[i], i, setting, value, names->second)
                        : chosenOf(table.inputs[i], i, setting, element, value));
      taken = true;
    }
    if (!taken)
      others.push_back(setting);
  }
  settings = others;
  return out;
}

Latents drawnLatents(Generator &generator, uint64_t number, const Drawing &drawing) {
  Graph &graph = generator.graph();
  const gan_graph &table = graph.table();
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    graph.replaceDraw(i, 0, {});
  Latents latents;
  graph.afterCall = [&](uint32_t c) {
    int32_t i = table.calls[c].input;
    if (i >= 0 && isLatent(table.inputs[i]))
      latents[uint32_t(i)] =
          toOutside(table.inputs[i].layout, graph.read(table.inputs[i].address, bytesOf(table.inputs[i].layout)));
  };
  graph.run({number});
  graph.afterCall = nullptr;
  for (auto &[i, values] : latents)
    if (drawing.truncate > 0)
      truncate(drawing.truncate, table.inputs[i], generator.seed(), number, values);
  for (const Chosen &chosen : drawing.chosen)
    choose(chosen, table.inputs[chosen.input], latents.at(chosen.input));
  return latents;
}

void giveLatents(Graph &graph, const Latents &latents) {
  for (auto &[i, values] : latents) {
    const gan_layout &l = graph.table().inputs[i].layout;
    std::vector<uint8_t> memory(bytesOf(l));
    toInside(l, values.data(), memory.data());
    graph.replaceDraw(i, 0, std::move(memory));
  }
}

// ---- samples, and values from data ----

void runSamples(Generator &generator, int64_t count, const Drawing &drawing, Ranks *ranks) {
  bool changed = !drawing.chosen.empty() || drawing.truncate > 0;
  int64_t batch = generator.batch();
  auto prepare = [&](uint64_t run) {
    if (changed)
      giveLatents(generator.graph(), drawnLatents(generator, run, drawing));
    return std::min(batch, count - int64_t(run) * batch);
  };
  generator.runAll(uint64_t((count + batch - 1) / batch), prepare, ranks);
}

void runImages(Generator &generator, const Dataset &data, const std::vector<int64_t> &indices, const Drawing &drawing,
               Ranks *ranks) {
  auto size = size_t(generator.batch());
  auto prepare = [&](uint64_t run) {
    size_t first = run * size;
    std::vector<int64_t> batch(indices.begin() + int64_t(first),
                               indices.begin() + int64_t(std::min(first + size, indices.size())));
    loadImages(data, batch, generator.graph());
    if (!drawing.chosen.empty())
      giveLatents(generator.graph(), drawnLatents(generator, run, drawing));
    return int64_t(batch.size());
  };
  generator.runAll((indices.size() + size - 1) / size, prepare, ranks);
}

std::vector<Shown> samples(const Session &session, int64_t count, const Drawing &drawing, bool draw, Ranks *ranks) {
  Generator generator(session, *findGraph(session.program, GAN_GRAPH_SAMPLE), draw);
  runSamples(generator, count, drawing, ranks);
  return std::move(generator.shown);
}

std::vector<Shown> onImages(const Session &session, const gan_graph &table, const Dataset &data,
                            const std::vector<int64_t> &indices, bool draw) {
  Generator generator(session, table, draw);
  runImages(generator, data, indices);
  return std::move(generator.shown);
}

// ---- pictures ----

Grid pictures(const Shown &shown) {
  const Array &a = shown.array;
  Grid grid;
  grid.channels = a.shape[1], grid.height = a.shape[2], grid.width = a.shape[3];
  auto area = size_t(grid.height * grid.width), channels = size_t(grid.channels), each = area * channels;
  for (size_t i = 0; i < a.numbers.size() / each; ++i) {
    std::vector<uint8_t> planes = toBytes(a.numbers.data() + i * each, each, shown.lo, shown.hi), image(each);
    for (size_t c = 0; c < channels; ++c)
      for (size_t p = 0; p < area; ++p)
        image[p * channels + c] = planes[c * area + p];
    grid.images.push_back(std::move(image));
  }
  return grid;
}

/// Converts an image of `from` to one of `to`: a smaller one stands in the corner, a grey one becomes RGB if needed.
static std::vector<uint8_t> fitted(const std::vector<uint8_t> &image, const Grid &from, const Grid &to) {
  std::vector<uint8_t> out(size_t(to.height * to.width * to.channels), Grid::background);
  for (int64_t y = 0; y < from.height; ++y)
    for (int64_t x = 0; x < from.width; ++x)
      for (int64_t c = 0; c < to.channels; ++c) {
        int64_t source = from.channels >= 3 ? c : to.channels == from.channels ? c : 0;
        out[size_t((y * to.width + x) * to.channels + c)] =
            image[size_t((y * from.width + x) * from.channels + source)];
      }
  return out;
}

Grid sheet(const std::vector<Shown> &shown, int64_t columns) {
  std::vector<Grid> rows;
  for (const Shown &s : shown)
    if (s.picture)
      rows.push_back(pictures(s));
  Grid grid;
  grid.columns = columns;
  if (rows.empty())
    return grid;
  grid.channels = rows[0].channels;
  for (const Grid &row : rows) {
    grid.height = std::max(grid.height, row.height), grid.width = std::max(grid.width, row.width);
    grid.channels = row.channels == grid.channels ? grid.channels : 3;
  }
  size_t count = rows[0].images.size(), whole = (count + size_t(columns) - 1) / size_t(columns) * size_t(columns);
  std::vector<uint8_t> nothing(size_t(grid.height * grid.width * grid.channels), Grid::background);
  for (size_t first = 0; first < whole; first += size_t(columns))
    for (const Grid &row : rows)
      for (size_t i = first; i < first + size_t(columns); ++i)
        grid.images.push_back(i < count ? fitted(row.images[i], row, grid) : nothing);
  return grid;
}

} // namespace ganrt
