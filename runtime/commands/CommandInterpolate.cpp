// interpolate: makes pictures on the way from one draw of the latents, or one image of the data, to another.
#include "runtime/base/Error.h"
#include "runtime/commands/Command.h"
#include "runtime/data/Batches.h"
#include "runtime/generate/Interpolate.h"
#include "runtime/program/Layout.h"

#include <algorithm>

namespace ganrt {
namespace {

class Interpolate : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("between", po::value(&between)->value_name("draws|data"),
                          "latents of draws, or codes of test images (draws where the model has both)")(
        "spherical", po::bool_switch(&onSphere), "along the great circle, not the straight line")(
        "rows", number(&rows, 1, 100000)->value_name("N")->default_value(8),
        "pairs")("columns", number(&columns, 2, 100000)->value_name("N")->default_value(10),
                 "pictures of a pair, both ends included")(
        "first", number(&firstImage, 0, anyNumber)->value_name("I")->default_value(0),
        "number of the first image: pairs are I and I+1, I+2 and I+3, ..")("captions", po::bool_switch(&captions),
                                                                           "the share of the way above each picture");
    addOutputOptions(options, output, "interpolation");
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &) override {
    bool draws = ofDraws(program);
    const gan_graph &table = *findGraph(program, draws ? GAN_GRAPH_SAMPLE : GAN_GRAPH_DECODE);
    std::string format = chooseFormat(table, output, "interpolation", makesRows(program, table));
    ShownOutput shown(output, format, rows * columns, "--rows times --columns");
    if (draws)
      drawing.chosen = chosenLatents(program, table, checkpoint, runs);
    Trained trained(program, checkpoint, runs);
    draws ? betweenDraws(program, trained, shown) : betweenImages(program, trained, shown);
    Words shares;
    for (int64_t i = 0; captions && shown.isPicture() && i < rows * columns; ++i) {
      char text[16];
      snprintf(text, sizeof text, "%.2f", share(i));
      shares.emplace_back(text);
    }
    shown.finish(columns, shares);
    return 0;
  }

private:
  bool ofDraws(const gan_program &program) const {
    if (!between.empty() && between != "draws" && between != "data")
      throw UserError("--between is draws or data, not " + between);
    if (!between.empty())
      refuse(program, "interpolate --between " + between);
    bool draws = std::none_of(program.refusals, program.refusals + program.num_refusals, [](const gan_refusal &r) {
      return std::string_view(r.command) == "interpolate --between draws";
    });
    return between.empty() ? draws : between == "draws";
  }

  double share(int64_t i) const { return double(i % columns) / double(columns - 1); }
  std::vector<double> way(const std::vector<double> &a, const std::vector<double> &b, int64_t i) const {
    return onSphere ? spherical(a, b, share(i)) : linear(a, b, share(i));
  }
  /// The values of sample `number`. The ends of row `row` are the samples 2 row and 2 row + 1.
  static std::vector<double> sampleOf(const std::vector<double> &values, size_t size, int64_t number) {
    return {values.begin() + number * int64_t(size), values.begin() + (number + 1) * int64_t(size)};
  }

  /// Interpolates numbers; a class stays that of the first draw.
  void betweenDraws(const gan_program &program, Trained &trained, ShownOutput &shown) const {
    const gan_graph &table = *findGraph(program, GAN_GRAPH_SAMPLE);
    Generator generator(trained.session(), table, false);
    shown.asTable({program, table, trained.table}, generator);
    generator.giveTo([&](const std::vector<Shown> &batch) { shown.take(batch); });
    Latents ends;
    for (int64_t run = 0; run * program.batch < 2 * rows; ++run)
      for (auto &[i, values] : drawnLatents(generator, uint64_t(run), drawing))
        ends[i].insert(ends[i].end(), values.begin(), values.end());
    for (int64_t first = 0; first < rows * columns; first += program.batch) {
      Latents batch;
      for (auto &[i, values] : ends)
        for (int64_t n = first; n < first + program.batch; ++n) {
          int64_t picture = std::min(n, rows * columns - 1), row = picture / columns;
          size_t size = sizeOf(table.inputs[i]);
          std::vector<double> a = sampleOf(values, size, 2 * row), b = sampleOf(values, size, 2 * row + 1);
          std::vector<double> v = table.inputs[i].kind == GAN_INPUT_CATEGORICAL ? a : way(a, b, picture);
          batch[i].insert(batch[i].end(), v.begin(), v.end());
        }
      giveLatents(generator.graph(), batch);
      generator.run(0, std::min<int64_t>(program.batch, rows * columns - first));
    }
  }

  /// Interpolates codes; other inputs of the decoder, such as labels, stay those of the first image.
  void betweenImages(const gan_program &program, Trained &trained, ShownOutput &shown) const {
    const gan_graph &encode = *findGraph(program, GAN_GRAPH_ENCODE), &decode = *findGraph(program, GAN_GRAPH_DECODE);
    Dataset images = shownData("interpolate", program, encode, trained, data);
    if (firstImage + 2 * rows > images.count)
      throw UserError(images.origin + ": has " + std::to_string(images.count) + " images, too few for " +
                      std::to_string(rows) + " pairs from " + std::to_string(firstImage));
    std::vector<int64_t> indices;
    for (int64_t i = firstImage; i < firstImage + 2 * rows; ++i)
      indices.push_back(i);
    std::vector<Shown> codes = onImages(trained.session(), encode, images, indices, false);
    Generator generator(trained.session(), decode, false);
    shown.asTable({program, decode, trained.table}, generator);
    generator.giveTo([&](const std::vector<Shown> &batch) { shown.take(batch); });
    for (int64_t first = 0; first < rows * columns; first += program.batch) {
      int64_t count = std::min<int64_t>(program.batch, rows * columns - first);
      std::vector<int64_t> numbers;
      for (int64_t n = 0; n < count; ++n)
        numbers.push_back(firstImage + (first + n) / columns * 2);
      loadImages(images, numbers, generator.graph());
      giveCodes(generator.graph(), codes, first);
      generator.run(0, count);
    }
  }

  void giveCodes(Graph &graph, const std::vector<Shown> &codes, int64_t first) const {
    const gan_graph &table = graph.table();
    for (uint32_t i = 0; i < table.num_inputs; ++i) {
      const gan_input &input = table.inputs[i];
      if (input.kind != GAN_INPUT_CODE)
        continue;
      auto code = std::find_if(codes.begin(), codes.end(), [&](const Shown &s) { return s.array.name == input.name; });
      if (code == codes.end())
        throw UserError(std::string("the encoder of ") + input.name +
                        " is given more than data: its codes are not known");
      std::vector<double> values(code->array.numbers.begin(), code->array.numbers.end()), batch;
      for (int64_t n = first; n < first + input.layout.shape[0]; ++n) {
        int64_t picture = std::min(n, rows * columns - 1), row = picture / columns;
        std::vector<double> v =
            way(sampleOf(values, sizeOf(input), 2 * row), sampleOf(values, sizeOf(input), 2 * row + 1), picture);
        batch.insert(batch.end(), v.begin(), v.end());
      }
      toInside(input.layout, batch.data(), graph.input(i));
    }
  }

  CheckpointOptions checkpoint;
  DataOptions data;
  OutputOptions output;
  RunOptions runs;
  Drawing drawing;
  std::string between;
  int64_t rows = 8, columns = 10, firstImage = 0;
  bool onSphere = false, captions = false;
};

} // namespace

const CommandEntry interpolateEntry{
    "interpolate", "pictures on the way between draws of the latents, or between images of the data",
    "[--checkpoint RUN] [options]",
    "interpolate --checkpoint runs/a --spherical\ninterpolate --between data --first 10 "
    "--rows 4 --columns 12 --captions",
    makeCommand<Interpolate>};

} // namespace ganrt
