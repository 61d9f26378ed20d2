// encode: the codes of data, with its labels, as arrays.
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Text.h"

#include <numeric>

namespace ganrt {
namespace {

class Encode : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("part", po::value(&part)->value_name("train|test")->default_value("test"),
                          "of the data")("count", po::value(&count)->value_name("N"), "of the first images only")(
        "draw", po::bool_switch(&draw), "draws from the code's distribution, not its mean")(
        "out,o", po::value(&output.out)->value_name("FILE"),
        ".npy (labels beside it, as codes.labels.npy) or .safetensors; - for standard output (codes.npy, or\n"
        "codes.safetensors for several codes)")("format", po::value(&output.format)->value_name("FORMAT"),
                                                "npy or safetensors, whatever the name");
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &given) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_ENCODE);
    if (part != "train" && part != "test")
      throw UserError("--part is train or test, not " + part);
    std::string kind = chooseFormat(*table, output, "codes");
    if (kind == "png")
      throw UserError("codes are written as .npy or .safetensors");
    Trained trained(program, checkpoint, runs);
    completeData("encode", trained.path, data);
    std::string note;
    WantedData wanted = wantedData(program, *table);
    wanted.compare = true; // labels go along where there are some
    Dataset images = loadData(data, part == "test" ? Part::Test : Part::Train, wanted, note);
    if (!images.count)
      throw UserError(data.where +
                      ": has no test part; --part train encodes the training part, --holdout keeps a share");
    if (given.values.count("count") && count < 1)
      throw UserError("--count must be positive");
    std::vector<int64_t> indices(size_t(count ? std::min(count, images.count) : images.count));
    std::iota(indices.begin(), indices.end(), int64_t(0));
    std::vector<Array> arrays = codes(program, *table, trained, images, indices);
    write(kind, arrays);
    return 0;
  }

private:
  /// Named by their blocks, then "labels".
  std::vector<Array> codes(const gan_program &program, const gan_graph &table, const Trained &trained,
                           const Dataset &images, const std::vector<int64_t> &indices) const {
    std::vector<Array> arrays;
    for (Shown &s : onImages(program, table, trained.state, trained.numbers, runs.seed, images, indices, draw)) {
      s.array.name = s.array.name.substr(std::string("code.").size());
      arrays.push_back(std::move(s.array));
    }
    if (!images.labels.empty()) {
      Array labels{"labels", {int64_t(indices.size())}, {}};
      for (int64_t i : indices)
        labels.numbers.push_back(float(images.labels[size_t(i)]));
      arrays.push_back(std::move(labels));
    }
    return arrays;
  }

  void write(const std::string &kind, const std::vector<Array> &arrays) const {
    bool labelled = arrays.back().name == "labels";
    const std::string &out = output.out;
    writeOutput(out, kind == "npy" ? npyBytes(arrays[0]) : tensorBytes(arrays));
    if (out == "-")
      return;
    printf("%s\n", printable(out).c_str());
    if (kind != "npy" || !labelled)
      return;
    std::string beside = (out.ends_with(".npy") ? out.substr(0, out.size() - 4) : out) + ".labels.npy";
    writeOutput(beside, npyBytes(arrays.back()));
    printf("%s\n", printable(beside).c_str());
  }

  CheckpointOptions checkpoint;
  DataOptions data;
  RunOptions runs;
  OutputOptions output;
  std::string part = "test";
  int64_t count = 0;
  bool draw = false;
};

} // namespace

const CommandEntry encodeEntry{
    "encode", "the codes of data, in its order, with its labels", "[--checkpoint RUN] [options]",
    "encode --checkpoint runs/a -o codes.npy\nencode --data mnist/ --part train -o codes.safetensors",
    makeCommand<Encode>};

} // namespace ganrt
