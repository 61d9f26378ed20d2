// Dispatch, help, and the commands that only read: check and fmt.
#include "compiler/driver/Commands.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Frontend.h"
#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Options.h"
#include "dsl/Parser.h"

#include <cstdio>
#include <iostream>
#include <sstream>

namespace gan {

std::optional<CommandLine> parseCommand(const Words &words, const std::string &usage,
                                        const po::options_description &options) {
  po::options_description all(options), hidden;
  all.add_options()("help,h", "this text");
  hidden.add_options()("files", po::value<Words>());
  po::options_description both;
  both.add(all).add(hidden);
  po::positional_options_description positions;
  positions.add("files", -1);
  CommandLine line;
  try {
    int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(both).positional(positions).style(style).run(), line.values);
    po::notify(line.values);
  } catch (const po::unknown_option &e) {
    std::vector<std::string> names;
    for (const auto &option : all.options())
      names.push_back("--" + option->long_name());
    std::string near = dsl::nearest(e.get_option_name(), names);
    throw UserError("unknown option " + e.get_option_name() + (near.empty() ? "" : ": did you mean " + near + "?"));
  } catch (const po::error &e) {
    throw UserError(e.what());
  }
  if (line.has("help")) {
    std::ostringstream text;
    text << "usage: " << usage << "\n\n" << all;
    fputs(text.str().c_str(), stdout);
    return std::nullopt;
  }
  if (line.has("files"))
    line.files = line.values["files"].as<Words>();
  return line;
}

int checkCommand(const Words &words) {
  po::options_description options("options");
  options.add_options()("explain", "print every block's layers with shapes, parameter counts and defaults");
  std::optional<CommandLine> line = parseCommand(words, "ganc check MODEL.gan ... [options]", options);
  if (!line)
    return 0;
  if (line->files.empty())
    throw UserError("ganc check needs a model file");
  int status = 0;
  for (const std::string &file : line->files) {
    std::optional<LoadedModel> loaded;
    try {
      loaded = loadModel(file);
    } catch (const UserError &e) {
      fprintf(stderr, "ganc: error: %s\n", e.what());
    }
    if (!loaded)
      status = 1;
    else if (line->has("explain"))
      fputs(dsl::explain(loaded->model).c_str(), stdout);
  }
  return status;
}

int formatCommand(const Words &words) {
  po::options_description options("options");
  options.add_options()("check", "change nothing; name the files that are not in canonical layout and exit with 1");
  std::optional<CommandLine> line = parseCommand(words, "ganc fmt MODEL.gan ... [options]", options);
  if (!line)
    return 0;
  if (line->files.empty())
    throw UserError("ganc fmt needs a model file");
  int status = 0;
  for (const std::string &file : line->files) {
    dsl::Source source(file, readFile(file));
    dsl::Diagnostics diagnostics;
    dsl::parse(source, dsl::lex(source, diagnostics), diagnostics);
    if (!diagnostics.empty()) { // what cannot be read is left as it is
      fputs(dsl::render(source, diagnostics).c_str(), stderr);
      status = 1;
      continue;
    }
    std::string text = dsl::format(source);
    if (text == source.text())
      continue;
    if (line->has("check")) {
      printf("%s\n", file.c_str());
      status = 1;
    } else {
      writeFile(file, text);
    }
  }
  return status;
}

namespace {

struct Command {
  const char *name, *meaning;
  int (*run)(const Words &);
};
constexpr Command commands[] = {
    {"build", "compile a model to a native trainer", buildCommand},
    {"check", "report mistakes; --explain prints shapes, parameters, defaults", checkCommand},
    {"fmt", "rewrite in canonical layout, keeping comments", formatCommand},
    {"emit", "print any stage between text and program", emitCommand},
};

void help(FILE *to) {
  fputs("ganc compiles generative models: one .gan file to one native program that trains it.\n\nusage: ganc COMMAND "
        "[options]\n\n",
        to);
  for (const Command &c : commands)
    fprintf(to, "  %-6s %s\n", c.name, c.meaning);
  fputs("\n  ganc COMMAND --help tells the options.   ganc --version\n", to);
}

int dispatch(const Words &words) {
  if (words.empty()) {
    help(stderr);
    return 1;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    help(stdout);
    return 0;
  }
  if (words[0] == "--version") {
    printf("ganc %s\n", GANC_VERSION);
    return 0;
  }
  if (words[0] == "--compile-kernel")
    return compileKernelChild(Words(words.begin() + 1, words.end()));
  std::vector<std::string> names;
  for (const Command &c : commands) {
    if (words[0] == c.name)
      return c.run(Words(words.begin() + 1, words.end()));
    names.emplace_back(c.name);
  }
  std::string near = dsl::nearest(words[0], names);
  throw UserError("unknown command " + words[0] +
                  (near.empty() ? "; ganc --help lists them" : ": did you mean " + near + "?"));
}

} // namespace

int runGanc(int argc, char **argv) {
  try {
    return dispatch(Words(argv + 1, argv + argc));
  } catch (const InternalError &e) {
    fprintf(stderr, "ganc: internal error in stage %s: this is a bug of ganc, please report it with the model\n",
            e.what());
    if (getenv("GANC_DEBUG"))
      fputs(e.details.c_str(), stderr);
    else
      fputs("(GANC_DEBUG=1 prints the details to report)\n", stderr);
    return 70;
  } catch (const UserError &e) {
    fprintf(stderr, "ganc: error: %s\n", e.what());
    return 1;
  }
}

} // namespace gan
