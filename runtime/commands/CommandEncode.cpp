// encode: writes the codes of data, with its labels, as arrays.
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "runtime/train/Following.h"

#include <numeric>

namespace ganrt {
namespace {

class Encode : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("part", po::value(&part)->value_name("train|test")->default_value("test"), "of the data")(
        "count", number(&count, 1, anyNumber)->value_name("N"),
        "of the first images only")("draw", po::bool_switch(&draw), "draws from the code's distribution, not its mean")(
        "out,o", po::value(&output.out)->value_name("FILE"),
        ".npy (codes.labels.npy beside it) or .safetensors, codes.files.txt beside both; - for standard output "
        "(codes.npy,"
        " or codes.safetensors for several codes)")("format", po::value(&output.format)->value_name("FORMAT"),
                                                    "npy or safetensors, whatever the name");
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_ENCODE);
    if (part != "train" && part != "test")
      throw UserError("--part is train or test, not " + part);
    std::string kind = chooseFormat(*table, output, "codes");
    Trained trained(program, checkpoint, runs, given.ranks);
    completeData("encode", trained.path, data);
    std::string note;
    WantedData wanted = wantedData(program, *table);
    wanted.compare = wanted.files = true; // labels and names of files are written too if there are some
    Dataset images = loadData(data, part == "test" ? Part::Test : Part::Train, wanted, note);
    if (leads(given))
      tellNotes(note, true);
    if (!images.count)
      throw UserError(data.shown() +
                      ": has no test part; --part train encodes the training part, --holdout keeps a share");
    std::vector<int64_t> indices(size_t(count ? std::min(count, images.count) : images.count));
    std::iota(indices.begin(), indices.end(), int64_t(0));
    Generator generator(trained.session(), *table, draw);
    if (given.ranks)
      given.ranks->begin(identityOf(program, runs.seed, runs.settings) + "data: " + fingerprint(images).dump() +
                         "\nimages: " + std::to_string(indices.size()) + "\n");
    if (leads(given)) {
      write(kind, generator, images, indices, given.ranks);
    } else {
      generator.giveTo([](const std::vector<Shown> &) {});
      runImages(generator, images, indices, {}, given.ranks);
    }
    return 0;
  }

private:
  /// Writes the codes, named after their blocks, and the labels last.
  void write(const std::string &kind, Generator &generator, const Dataset &images, const std::vector<int64_t> &indices,
             Ranks *ranks) const {
    std::vector<TensorHead> heads;
    for (const Shown &s : generator.shown) {
      heads.push_back({s.array.name.substr(std::string("code.").size()), s.array.shape, false});
      heads.back().shape[0] = int64_t(indices.size());
    }
    const std::string &out = output.out;
    size_t codes = heads.size();
    Array labels{"labels", {int64_t(indices.size())}, {}};
    for (int64_t i : indices)
      if (!images.labels.empty())
        labels.numbers.push_back(float(images.labels[size_t(i)]));
    if (!labels.numbers.empty() && kind != "npy")
      heads.push_back({labels.name, labels.shape, false});
    ArrayWriter arrays(out, kind, heads);
    generator.giveTo([&](const std::vector<Shown> &batch) {
      for (size_t i = 0; i < batch.size(); ++i)
        arrays.append(i, batch[i].array.numbers);
    });
    runImages(generator, images, indices, {}, ranks);
    if (heads.size() > codes)
      arrays.append(codes, labels.numbers);
    arrays.commit();
    if (out == "-")
      return;
    printf("%s\n", printable(out).c_str());
    if (!labels.numbers.empty() && kind == "npy") {
      std::string beside = withoutEnding(out) + ".labels.npy";
      writeArrays(beside, "npy", {labels});
      printf("%s\n", printable(beside).c_str());
    }
    writeFileNames(out, images, indices);
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
    "encode", "the codes of data, in its order, with its labels and the names of its files",
    "[--checkpoint RUN] [options]",
    "encode --checkpoint runs/a -o codes.npy\nencode --data mnist/ --part train -o codes.safetensors",
    makeCommand<Encode>};

} // namespace ganrt
