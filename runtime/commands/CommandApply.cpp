// apply: applies blocks to given data: a translator to pictures, a decoder to codes, a classifier, or a chain of them.
#include "runtime/base/Error.h"
#include "runtime/commands/Command.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/generate/Chain.h"
#include "runtime/train/Checkpoint.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace ganrt {
namespace {

class Apply : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("count", number(&count, 1, anyNumber)->value_name("N"),
                          "of the first samples only; where no data is read, how many to make (64)")(
        "columns", number(&columns, 1, 4096)->value_name("N"),
        "of the grid")("draw", po::bool_switch(&draw), "draws from the output's distribution, not its expectation");
    addOutputOptions(options, output, "applied");
    addRunOptions(options, runs);
  }

  Words *words() override { return &blocks; }

  int run(const gan_program &program, const Given &) override {
    std::vector<Link> links = linksOf(program);
    std::string format = chooseFormat(*links.back().table, output, "applied", makesRows(program, *links.back().table));
    choose(program, links);
    connect(program, links, names(data));
    Trained trained(program, checkpoint, runs);
    Dataset samples = load(links, trained);
    bool reads = samples.count > 0;
    std::vector<int64_t> indices(size_t(!reads ? 0 : count ? std::min(count, samples.count) : samples.count));
    std::iota(indices.begin(), indices.end(), int64_t(0));
    int64_t all = reads ? int64_t(indices.size()) : count ? count : 64;
    ShownOutput shown(output, format, all, "--count");
    shown.nameAs(samples.files);
    Chain chain(trained.session(), links, draw);
    shown.asTable({program, *links.back().table, trained.table}, chain.last());
    for (int64_t first = 0; first < all; first += chain.batch()) {
      int64_t size = std::min(chain.batch(), all - first);
      std::vector<int64_t> batch;
      if (reads)
        batch.assign(indices.begin() + first, indices.begin() + first + size);
      shown.take(chain.run(samples, batch, size, uint64_t(first / chain.batch())));
    }
    shown.finish(columns ? columns : int64_t(std::ceil(std::sqrt(double(all)))));
    if (!shown.isFolder())
      writeFileNames(output.out, samples, indices);
    return 0;
  }

private:
  std::vector<Link> linksOf(const gan_program &program) const {
    std::string known;
    for (uint32_t b = 0; b < program.num_blocks; ++b)
      if (findApply(program, program.blocks[b].name))
        known += (known.empty() ? "" : ", ") + std::string(program.blocks[b].name);
    if (blocks.empty())
      throw UserError("apply needs the name of a block, or several: the model has " + known);
    std::vector<Link> links;
    for (const std::string &name : blocks) {
      const gan_graph *table = findApply(program, name);
      if (!table)
        throw UserError("apply " + name + ": the model has no block " + name + "; it has " + known);
      links.push_back({table, {}});
    }
    return links;
  }

  /// Takes what --set says about the inputs of the blocks out of the settings.
  void choose(const gan_program &program, std::vector<Link> &links) {
    std::set<std::string> taken;
    for (Link &link : links) {
      std::vector<gan_input> inputs;
      RunOptions own = runs;
      link.chosen = chosenLatents(program, asDrawn(*link.table, inputs), checkpoint, own);
      for (const std::string &setting : runs.settings)
        if (std::find(own.settings.begin(), own.settings.end(), setting) == own.settings.end())
          taken.insert(setting);
    }
    std::erase_if(runs.settings, [&](const std::string &setting) { return taken.contains(setting); });
  }

  static Words names(const DataOptions &options) {
    Words out;
    for (const NamedSource &source : options.others)
      out.push_back(source.name);
    return out;
  }

  /// Reads what the blocks need; an empty set if that is nothing.
  Dataset load(const std::vector<Link> &links, const Trained &trained) {
    WantedData wanted = wantedData(links);
    if (wanted.name.empty() && wanted.label.empty()) {
      if (data.isGiven())
        throw UserError("--data " + data.shown() + ": nothing of " + listed(blocks, blocks.size()) +
                        " is read as data; --data NAME=SOURCE gives a latent");
      return {};
    }
    bool ofRun = !data.isGiven(); // of which only some declarations may be needed, as of the parts of a picture
    if (ofRun)
      completeData("apply", trained.path, data);
    else
      keepNumbering(trained.path, data);
    std::erase_if(data.others, [&](const NamedSource &other) {
      bool declared = std::find(wanted.declared.begin(), wanted.declared.end(), other.name) != wanted.declared.end();
      return !declared && (ofRun || other.cut.of > 1);
    });
    wanted.files = true;
    std::string note;
    Dataset samples = loadData(data, Part::Test, wanted, note);
    if (!samples.count)
      samples = loadData(data, Part::Train, wanted, note);
    tellNotes(note, true);
    if (!samples.count)
      throw UserError(data.shown() + ": holds no samples");
    return samples;
  }

  CheckpointOptions checkpoint;
  DataOptions data;
  OutputOptions output;
  RunOptions runs;
  Words blocks;
  int64_t count = 0, columns = 0;
  bool draw = false;
};

} // namespace

const CommandEntry applyEntry{
    "apply",
    "what blocks make of given data, each of what the one before it makes: pictures, codes, classes; latents that are "
    "not\ngiven are drawn, labels and vectors too can be given by --set",
    "BLOCK ... --data DATA [options]",
    "apply G --data photos/ -o out/\napply G F --data photos/ -o cycles.png\napply P --data z=codes.npy -o x.npy\n"
    "apply P --data a=attributes.csv --set y=3 -o faces/",
    makeCommand<Apply>};

} // namespace ganrt
