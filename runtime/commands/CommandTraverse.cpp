// traverse: makes pictures of what each code does.
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/commands/Command.h"
#include "runtime/generate/Traverse.h"

namespace ganrt {
namespace {

class Traverse : public Command {
public:
  void describe(po::options_description &description) override {
    addCheckpointOptions(description, checkpoint);
    description.add_options()("out,o", po::value(&out)->value_name("FOLDER")->default_value("traverse"),
                              "for the pictures (or arrays), one for each code; for one code alone a file (.png, .npy, "
                              ".safetensors), or - for standard output")(
        "code", po::value(&code)->value_name("NAME"), "one only: a latent, or one number of it as t.1")(
        "rows", number(&ways.rows, 1, 4096)->value_name("N")->default_value(10),
        "each with draws of its own for the rest")("columns",
                                                   number(&ways.columns, 1, 4096)->value_name("N")->default_value(10),
                                                   "values of a number; a class has its own")(
        "from", end(ways.from), "first value, beyond what was trained too (uniform: its least; normal: -2)")(
        "to", end(ways.to), "last value")("captions", po::bool_switch(&ways.captions), "values above the pictures")(
        "padding", number(&padding, 0, 1000)->value_name("N")->default_value(2), "pixels between the images");
    addRunOptions(description, runs);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
    std::vector<Code> codes = codesOf(*table, code, true);
    rows = makesRows(program, *table);
    bool one = out == "-" || namesFile(out);
    std::string format;
    for (const Code &each : codes)
      format = outputOf(*table, each, one).format; // throws if it cannot be written
    if (one && codes.size() != 1)
      throw UserError((out == "-" ? "standard output" : out) + " takes one code and there are " +
                      std::to_string(codes.size()) + "; choose one with --code" +
                      (out == "-" ? "" : ", or give a folder: " + withoutEnding(out) + "/"));
    for (const Code &each : codes)
      if (ways.rows * columnsOf(*table, each, ways) > mostInPicture)
        throw UserError("--rows " + std::to_string(ways.rows) + ": the picture of " + each.name + " would have " +
                        std::to_string(ways.rows * columnsOf(*table, each, ways)) + " images, and at most " +
                        std::to_string(mostInPicture) + " fit");
    drawing.chosen = chosenLatents(program, *table, checkpoint, runs);
    Trained trained(program, checkpoint, runs);
    Generator generator(trained.session(), *table, false);
    if (format == "csv")
      TableRows(program, *table, trained.table).completeWith(generator);
    if (!one)
      makeFolders(out);
    for (const Code &each : codes) {
      Traversal t = traversal(generator, drawing, each, ways);
      ShownOutput shown(outputOf(*table, each, one), format, ways.rows * t.columns, "--rows");
      shown.asTable({program, *table, trained.table}, generator);
      shown.take(t.shown);
      shown.finish(t.columns, t.captions);
    }
    return 0;
  }

private:
  /// Where a code goes, with its format: to `out` itself or, if that is a folder, to a file of the code's name there.
  OutputOptions outputOf(const gan_graph &table, const Code &each, bool one) const {
    OutputOptions to{one ? out : "", "", padding};
    to.format = chooseFormat(table, to, out + (out.ends_with('/') ? "" : "/") + each.name, rows);
    return to;
  }

  /// An end of the range over which a number varies. If it is not given, the latent's own is used.
  static po::typed_value<double> *end(std::optional<double> &to) {
    return number<double>(nullptr, -1e6, 1e6)->value_name("X")->notifier([&to](double given) { to = given; });
  }

  CheckpointOptions checkpoint;
  RunOptions runs;
  Drawing drawing;
  Ways ways;
  std::string out, code;
  int64_t padding = 2;
  bool rows = false; ///< whether rows of a table are made
};

} // namespace

const CommandEntry traverseEntry{
    "traverse", "pictures of what each code does: its values along the columns, other draws down the rows",
    "[--checkpoint RUN] [options]",
    "traverse --checkpoint runs/a -o codes\ntraverse --code t.1 --from -2 --to 2 --captions\ntraverse --code z.3 --set "
    "c=7",
    makeCommand<Traverse>};

} // namespace ganrt
