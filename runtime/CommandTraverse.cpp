// traverse: what each number of a code does. One picture for a code: its value changes along a row, everything else is
// drawn once for the row (figure 2 of Chen et al. 2016).
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cmath>

namespace ganrt {
namespace {

struct TraverseOptions {
  RunOptions run;
  CheckpointOptions checkpoint;
  std::string out = "traverse", code;
  int64_t rows = 10, columns = 10;
  double from = NAN, to = NAN; ///< not given: the latent's own
};

/// A class, or one number of a latent.
struct Code {
  uint32_t input;
  int64_t element; ///< -1: the latent is a class
  std::string name;
};

size_t sizeOf(const gan_input &input) { return elementsOf(input.layout) / size_t(input.layout.shape[0]); }

bool isLatent(const gan_input &input) {
  return input.kind == GAN_INPUT_UNIFORM || input.kind == GAN_INPUT_NORMAL || input.kind == GAN_INPUT_CATEGORICAL;
}

/// Those that are asked for; else those of latents of at most 16 numbers, or of all where there are none.
std::vector<Code> codesOf(const gan_graph &graph, const std::string &wanted) {
  std::vector<Code> all, few;
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    const gan_input &input = graph.inputs[i];
    if (!isLatent(input))
      continue;
    if (input.kind == GAN_INPUT_CATEGORICAL)
      all.push_back({i, -1, input.name});
    for (size_t k = 0; k < sizeOf(input) && input.kind != GAN_INPUT_CATEGORICAL; ++k)
      all.push_back({i, int64_t(k), sizeOf(input) == 1 ? input.name : input.name + ("." + std::to_string(k))});
  }
  Words names;
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
  return few.empty() ? all : few;
}

/// Latents of one row, in the users' order, the code at its place in the column.
class Rows {
public:
  Rows(const gan_graph &graph, const TraverseOptions &options, const Code &code)
      : graph(graph), options(options), code(code) {}

  int64_t columns() const { return code.element < 0 ? int64_t(sizeOf(graph.inputs[code.input])) : options.columns; }

  std::vector<double> values(uint32_t i, int64_t row, int64_t column) const {
    const gan_input &input = graph.inputs[i];
    std::vector<double> v(sizeOf(input));
    Stream s = stream(options.run.seed, input.name);
    size_t first = size_t(row) * v.size();
    for (size_t k = 0; k < v.size(); ++k)
      v[k] = input.kind == GAN_INPUT_NORMAL ? double(normalAt(s, first + k))
                                            : input.lo + (input.hi - input.lo) * double(uniformAt(s, first + k));
    if (input.kind == GAN_INPUT_CATEGORICAL) {
      size_t chosen = i == code.input ? size_t(column) : size_t(uniformAt(s, size_t(row)) * float(v.size()));
      for (size_t k = 0; k < v.size(); ++k)
        v[k] = k == chosen;
    } else if (i == code.input) {
      bool normal = input.kind == GAN_INPUT_NORMAL;
      double lo = std::isnan(options.from) ? (normal ? -2 : input.lo) : options.from,
             hi = std::isnan(options.to) ? (normal ? 2 : input.hi) : options.to;
      v[size_t(code.element)] = columns() > 1 ? lo + (hi - lo) * double(column) / double(columns() - 1) : lo;
    }
    return v;
  }

private:
  const gan_graph &graph;
  const TraverseOptions &options;
  const Code &code;
};

Grid traversal(const gan_program &program, Graph &graph, const TraverseOptions &options, const Code &code) {
  const gan_graph &table = graph.table();
  Rows rows(table, options, code);
  int64_t count = options.rows * rows.columns(), batch = program.batch;
  Grid grid;
  grid.columns = rows.columns();
  for (int64_t first = 0; first < count; first += batch) {
    for (uint32_t i = 0; i < table.num_inputs; ++i) {
      if (!isLatent(table.inputs[i]))
        continue;
      const gan_layout &l = table.inputs[i].layout;
      std::vector<double> outside;
      for (int64_t n = first; n < first + batch; ++n) {
        std::vector<double> v = rows.values(i, std::min(n, count - 1) / rows.columns(), n % rows.columns());
        outside.insert(outside.end(), v.begin(), v.end());
      }
      std::vector<uint8_t> memory(elementsOf(l) * bytesOf(l.dtype));
      toInside(l, outside.data(), memory.data());
      graph.replaceDraw(i, 0, std::move(memory));
    }
    Shown shown = std::move(show(graph, 0).at(0));
    grid.height = shown.height, grid.width = shown.width, grid.channels = shown.channels;
    for (int64_t n = 0; n < std::min(batch, count - first); ++n)
      grid.images.push_back(std::move(shown.images[size_t(n)]));
  }
  return grid;
}

class Traverse : public Command {
public:
  void describe(po::options_description &description) override {
    addCheckpointOptions(description, options.checkpoint);
    description.add_options()("out,o", po::value(&options.out)->value_name("FOLDER")->default_value(options.out),
                              "for the pictures, one for each code")(
        "code", po::value(&options.code), "one code only: a latent, or one number of it as t.1")(
        "rows", po::value(&options.rows)->default_value(10), "each with draws of its own for everything else")(
        "columns", po::value(&options.columns)->default_value(10), "values of a number; a class has one for each")(
        "from", po::value(&options.from), "first value (of a uniform its least, of a normal -2 where not given)")(
        "to", po::value(&options.to), "last value");
    addRunOptions(description, options.run);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
    if (!table)
      throw UserError(std::string("model ") + program.model +
                      " has no decoder that is reached from latents alone: nothing to traverse");
    if (options.rows < 1 || options.columns < 1 || options.rows * options.columns > 4096)
      throw UserError("--rows and --columns must be positive, with at most 4096 images in all");
    Trained trained(program, options.checkpoint, options.run);
    Graph graph(program, *table, trained.state, trained.numbers, options.run.seed);
    makeFolders(options.out);
    for (const Code &code : codesOf(*table, options.code)) {
      std::string path = options.out + "/" + code.name + ".png";
      writePng(path, traversal(program, graph, options, code));
      printf("%s\n", path.c_str());
    }
    return 0;
  }

private:
  TraverseOptions options;
};

} // namespace

const CommandEntry traverseEntry{
    "traverse", "pictures of what each code does", "[--checkpoint RUN] [options]",
    "traverse --checkpoint runs/a --out codes\ntraverse --checkpoint runs/a --code t.1 --from -2 --to 2",
    makeCommand<Traverse>};

} // namespace ganrt
