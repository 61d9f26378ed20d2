#include "runtime/train/Showing.h"
#include "runtime/base/Files.h"
#include "runtime/data/Columns.h"
#include "runtime/generate/SampleQuality.h"
#include "runtime/generate/TableRows.h"
#include "runtime/generate/Traverse.h"

#include <cmath>
#include <numeric>

namespace ganrt {

std::function<void()> Showing::epoch(uint64_t epoch, uint64_t iteration) {
  std::vector<Result> results;
  lenient.attempt("what is made of data is not shown", [&] { addReconstructions(session, data, count, results); });
  lenient.attempt("samples are not shown", [&] { addSamples(session, data, count, results); });
  char name[32];
  snprintf(name, sizeof name, "epoch-%04llu", static_cast<unsigned long long>(epoch));
  for (const Result &r : results)
    if (r.grid && r.kind.find('/') == std::string::npos)
      last = folder.file(r.kind + "/" + name + ".png");
  return [this, results = std::move(results), name = std::string(name), iteration] {
    for (const Result &r : results)
      lenient.attempt("a picture is missing", [&] { write(r, name, iteration); });
  };
}

/// The values that are not pictures, which go into one file.
static std::vector<Array> arraysOf(const std::vector<Shown> &shown) {
  std::vector<Array> arrays;
  for (const Shown &s : shown)
    if (!s.picture && s.kind == GAN_OBSERVE_VALUE)
      arrays.push_back(s.array);
  return arrays;
}

/// The values that a graph shows, and the rows of a table that they are; "" if they are none.
static std::string rowsOf(Generator &generator, const TrainingData &data, const std::function<void()> &run) {
  TableRows rows(generator.program(), generator.graph().table(), schemeOf(data.train));
  if (rows.any())
    rows.completeWith(generator);
  run();
  return rows.any() ? rows.header(generator.shown) + rows.lines(generator.shown) : "";
}

void Showing::addSamples(const Session &session, const TrainingData &data, int64_t count, std::vector<Result> &to) {
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_SAMPLE);
  if (!table)
    return;
  Generator generator(session, *table, false);
  std::string rows = rowsOf(generator, data, [&] { runSamples(generator, count, {}); });
  const std::vector<Shown> &shown = generator.shown;
  if (!rows.empty())
    to.push_back({"samples", std::nullopt, {}, rows});
  else if (std::vector<Array> arrays = arraysOf(shown); !arrays.empty())
    to.push_back({"samples", std::nullopt, std::move(arrays)});
  std::string kind = "samples";
  for (const Shown &s : shown)
    if (s.picture) {
      Grid grid = pictures(s);
      grid.columns = int64_t(std::ceil(std::sqrt(double(count))));
      to.push_back({kind == "samples" ? kind : kind + s.array.name, std::move(grid)});
      kind = "samples/";
    }
}

void Showing::addReconstructions(const Session &session, const TrainingData &data, int64_t count,
                                 std::vector<Result> &to) {
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_RECONSTRUCT);
  if (!table || !data.train.count)
    return;
  const Dataset &images = data.test.count ? data.test : data.train;
  std::vector<int64_t> indices(size_t(std::min(std::max<int64_t>(1, count / 2), images.count)));
  std::iota(indices.begin(), indices.end(), int64_t(0));
  Generator generator(session, *table, false);
  std::string rows = rowsOf(generator, data, [&] { runImages(generator, images, indices); });
  const std::vector<Shown> &shown = generator.shown;
  if (!rows.empty())
    to.push_back({"reconstructions", std::nullopt, {}, rows});
  else if (std::vector<Array> arrays = arraysOf(shown); !arrays.empty())
    to.push_back({"reconstructions", std::nullopt, std::move(arrays)});
  if (Grid grid = sheet(shown, 8); !grid.images.empty())
    to.push_back({"reconstructions", std::move(grid)});
}

void Showing::write(const Result &result, const std::string &name, std::optional<uint64_t> iteration) {
  if (size_t slash = result.kind.find('/'); slash != std::string::npos)
    folder.inside(result.kind.substr(0, slash));
  std::string path = folder.inside(result.kind) + "/" + name;
  if (!result.table.empty())
    return writeOutput(path + ".csv", result.table);
  if (!result.grid) {
    std::string format = result.arrays.size() == 1 ? "npy" : "safetensors";
    return writeArrays(path + "." + format, format, result.arrays);
  }
  Png png = encodePng(*result.grid, iteration.has_value());
  writeOutput(path + ".png", png.bytes);
  if (iteration)
    events.image(result.kind, *iteration, png.height, png.width, png.channels, png.bytes);
}

void Showing::eachCode(const Session &session, const std::function<void(const Result &, const std::string &)> &take) {
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_SAMPLE);
  std::vector<Code> codes = table ? codesOf(*table, "", false) : std::vector<Code>();
  if (codes.empty())
    return;
  Generator generator(session, *table, false);
  for (const Code &code : codes) {
    Traversal t = traversal(generator, {}, code, {});
    Result result{"traversals"};
    if (t.shown.at(0).picture) {
      result.grid = pictures(t.shown[0]);
      result.grid->columns = t.columns;
    } else {
      result.arrays = arraysOf(t.shown);
    }
    take(result, code.name);
  }
}

void Showing::codes() {
  eachCode(session, [&](const Result &result, const std::string &name) { write(result, name, std::nullopt); });
}

void Showing::quality(uint64_t iteration) {
  constexpr double most = 4e8; // pairs of samples times their numbers
  const Dataset &images = data.test.count ? data.test : data.train;
  const gan_graph *table = findGraph(session.program, GAN_GRAPH_SAMPLE);
  if (!data.train.count || !table)
    return;
  double largest = table->num_calls > 1000 ? 64 : 256; // fewer of a sampler of many steps
  double size = double(std::max<int64_t>(1, images.imageBytes()));
  auto compared = int64_t(std::min(largest, std::sqrt(most / size)));
  Json values = sampleQuality(session, {images, &data.train, compared, ""});
  if (values.empty())
    return;
  Json out{{"iteration", iteration},
           {"samples", std::min(compared, images.count)},
           {"part", data.test.count ? "test" : "train"}};
  out.update(values);
  writeOutput(folder.file("quality.json"), out.dump(2) + "\n");
}

void Showing::makeAll(const Session &session, const TrainingData &data, int64_t count) {
  std::vector<Result> results;
  addReconstructions(session, data, count, results);
  addSamples(session, data, count, results);
  eachCode(session, [](const Result &, const std::string &) {});
}

} // namespace ganrt
