// traverse: pictures of what each code does.
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Traverse.h"

#include <boost/optional.hpp>

namespace ganrt {
namespace {

class Traverse : public Command {
public:
  void describe(po::options_description &description) override {
    addCheckpointOptions(description, checkpoint);
    description.add_options()("out,o", po::value(&out)->value_name("FOLDER")->default_value("traverse"),
                              "for the pictures (or arrays), one for each code; - for one code on standard output")(
        "code", po::value(&code)->value_name("NAME"), "one only: a latent, or one number of it as t.1")(
        "rows", po::value(&ways.rows)->value_name("N")->default_value(10), "each with draws of its own for the rest")(
        "columns", po::value(&ways.columns)->value_name("N")->default_value(10),
        "values of a number; a class has its own")(
        "from", po::value(&from)->value_name("X"),
        "first value, beyond what was trained too (uniform: its least; normal: -2)")(
        "to", po::value(&to)->value_name("X"), "last value")("captions", po::bool_switch(&ways.captions),
                                                             "values above the pictures")(
        "padding", po::value(&padding)->value_name("N")->default_value(2), "pixels between the images");
    addRunOptions(description, runs);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
    checkGrid(1, ways.rows, ways.columns, padding);
    if (ways.rows < 1 || ways.columns < 1)
      throw UserError("--rows and --columns must be positive");
    if (from)
      ways.from = *from;
    if (to)
      ways.to = *to;
    drawing.chosen = takeChosen(*table, runs.settings);
    std::vector<Code> codes = codesOf(*table, code, true);
    if (out == "-" && codes.size() != 1)
      throw UserError("standard output takes one picture; choose one with --code");
    Trained trained(program, checkpoint, runs);
    Generator generator(program, *table, trained.state, trained.numbers, runs.seed, false);
    if (out != "-")
      makeFolders(out);
    for (const Code &one : codes) {
      Traversal t = traversal(program, generator, runs.seed, drawing, one, ways);
      OutputOptions to{out == "-" ? out : "", "", padding};
      std::string format = chooseFormat(*table, to, out + "/" + one.name);
      writeShown(to, format, t.shown, format == "png" ? firstGrid(t.shown, t.columns, t.captions) : Grid());
    }
    return 0;
  }

private:
  CheckpointOptions checkpoint;
  RunOptions runs;
  Drawing drawing;
  Ways ways;
  std::string out, code;
  int64_t padding = 2;
  boost::optional<double> from, to;
};

} // namespace

const CommandEntry traverseEntry{
    "traverse", "pictures of what each code does: its values along the columns, other draws down the rows",
    "[--checkpoint RUN] [options]",
    "traverse --checkpoint runs/a -o codes\ntraverse --code t.1 --from -2 --to 2 --captions\ntraverse --code z.3 --set "
    "c=7",
    makeCommand<Traverse>};

} // namespace ganrt
