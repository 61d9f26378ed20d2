// Dispatch, help, and the commands that only read: check and fmt.
#include "compiler/driver/Commands.h"
#include "compiler/driver/Cleanup.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Frontend.h"
#include "compiler/driver/Guard.h"
#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Options.h"
#include "compiler/driver/Sizes.h"
#include "compiler/driver/Stages.h"
#include "dsl/Parser.h"
#include "dsl/Text.h"

#include "llvm/Support/ErrorHandling.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <system_error>

namespace gan {

static po::options_description visibleOptions(const Command &command) {
  po::options_description options("options", 100, 64);
  command.describe(options);
  options.add_options()("help,h", "this text");
  return options;
}

static void printHelp(const Command &command) {
  std::ostringstream text;
  text << "usage: ganc " << command.name << " " << command.usage << "\n"
       << command.meaning << "\n\n"
       << visibleOptions(command) << "\nexamples:\n";
  std::istringstream lines(command.examples);
  for (std::string line; std::getline(lines, line);)
    text << "  ganc " << line << "\n";
  fputs(text.str().c_str(), stdout);
}

int64_t CommandLine::number(const char *name, int64_t least, int64_t most) const {
  std::string given = text(name);
  int64_t number = 0;
  auto [rest, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (error != std::errc() || rest != given.data() + given.size() || number < least || number > most)
    throw UserError(std::string("--") + name + " takes a whole number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ", not " + (given.empty() ? "an empty text" : given));
  return number;
}

std::optional<CommandLine> parseCommand(const Command &command, const Words &words) {
  po::options_description visible = visibleOptions(command), hidden, both;
  hidden.add_options()("files", po::value<Words>());
  both.add(visible).add(hidden);
  po::positional_options_description positions;
  positions.add("files", -1);
  CommandLine line;
  try {
    int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(both).positional(positions).style(style).run(), line.values);
    po::notify(line.values);
  } catch (const po::unknown_option &e) {
    std::vector<std::string> names;
    for (const auto &option : visible.options())
      names.push_back("--" + option->long_name());
    std::string near = dsl::nearest(e.get_option_name(), names);
    throw UserError("unknown option " + e.get_option_name() +
                    (near.empty() ? "; --help lists them" : ": did you mean " + near + "?"));
  } catch (const po::error &e) {
    throw UserError(e.what());
  }
  if (line.has("help")) {
    printHelp(command);
    return std::nullopt;
  }
  if (line.has("files"))
    line.files = line.values["files"].as<Words>();
  return line;
}

std::string onlyFile(const Command &command, const CommandLine &line) {
  if (line.files.size() != 1)
    throw UserError(std::string("ganc ") + command.name + " needs one model file");
  return line.files[0];
}

void describeBatch(po::options_description &options) {
  options.add_options()("batch", po::value<std::string>()->value_name("N"), "batch size in place of the model's");
}

std::optional<int64_t> givenBatch(const CommandLine &line) {
  if (!line.has("batch"))
    return std::nullopt;
  return line.number("batch", 1, 1000000);
}

static void describeCheck(po::options_description &options) {
  describeBatch(options);
  options.add_options()("explain", "print every block's layers with shapes, parameter counts and defaults");
}

/// Checks what only the planned program shows. Planning is skipped for a model that is small compared to the machine.
static void checkSizes(const LoadedModel &loaded) {
  uint64_t machine = machineMemory();
  if (roughMemory(loaded.model) < machine / 8)
    return;
  Timing timing;
  Stages stages(loaded, timing);
  mlir::ModuleOp planned = stages.lower(PassStage::Planned);
  expectCountable(planned);
  fputs(memoryWarning(planned, loaded.model.batch, machine).c_str(), stderr);
}

static int runCheck(const CommandLine &line) {
  if (line.files.empty())
    throw UserError("ganc check needs a model file");
  int status = 0;
  for (const std::string &file : line.files) {
    std::optional<LoadedModel> loaded;
    try {
      loaded = loadModel(file, givenBatch(line));
      if (loaded)
        checkSizes(*loaded);
    } catch (const UserError &e) {
      tell(e.what());
      loaded.reset();
    }
    if (!loaded)
      status = 1;
    else if (line.has("explain"))
      fputs(dsl::explain(loaded->model).c_str(), stdout);
  }
  return status;
}

const Command checkCommand{"check",
                           "report mistakes; --explain prints shapes, parameters, defaults",
                           "MODEL.gan ... [options]",
                           "check models/*.gan\ncheck --explain models/dcgan.gan",
                           describeCheck,
                           runCheck};

static void describeFormat(po::options_description &options) {
  options.add_options()("check", "change nothing; name the files that are not in canonical layout and exit with 1");
}

static int runFormat(const CommandLine &line) {
  if (line.files.empty())
    throw UserError("ganc fmt needs a model file");
  int status = 0;
  for (const std::string &file : line.files) {
    dsl::Source source(dsl::printable(file), readModel(file));
    dsl::Diagnostics diagnostics;
    dsl::parse(source, dsl::lex(source, diagnostics), diagnostics);
    if (!diagnostics.empty()) { // a file that cannot be parsed is left as it is
      fputs(dsl::render(source, diagnostics).c_str(), stderr);
      status = 1;
      continue;
    }
    std::string text = dsl::format(source);
    if (text == source.text())
      continue;
    if (line.has("check")) {
      printf("%s\n", dsl::printable(file).c_str());
      status = 1;
    } else {
      writeFile(file, text);
    }
  }
  return status;
}

const Command formatCommand{"fmt",
                            "rewrite in canonical layout, keeping comments",
                            "MODEL.gan ... [options]",
                            "fmt models/*.gan\nfmt --check models/*.gan",
                            describeFormat,
                            runFormat};

namespace {

constexpr const Command *commands[] = {&newCommand,         &buildCommand, &checkCommand, &formatCommand, &emitCommand,
                                       &benchKernelCommand, &tuneCommand,  &lspCommand,   &exportCommand};

void help(FILE *to) {
  fputs("ganc compiles generative models: one .gan file to one native program that trains it.\n\nusage: ganc COMMAND "
        "[options]\n\n",
        to);
  for (const Command *c : commands)
    fprintf(to, "  %-12s %s\n", c->name, c->meaning);
  fputs("\n  ganc COMMAND --help tells the options.   --version   --completion bash prints completions to source\n"
        "exit status: 0 done; 1 mistakes in a model, or something wrong with what it was given; 70 a bug of ganc\n\n"
        "examples:\n  ganc build models/vae.gan -o vae && ./vae train --data builtin:glyphs\n",
        to);
}

int complete(const Words &words) {
  if (words.size() != 2 || words[1] != "bash")
    throw UserError("--completion knows bash: ganc --completion bash");
  std::string names, cases;
  for (const Command *c : commands) {
    std::string options;
    po::options_description visible = visibleOptions(*c);
    for (const auto &option : visible.options())
      options += " --" + option->long_name();
    names += std::string(c->name) + " ";
    cases += std::string("      ") + c->name + ") options=\"" + options.substr(1) + "\" ;;\n";
  }
  // If no word fits, bash completes file names.
  printf(
      "_ganc() {\n  local word=${COMP_WORDS[COMP_CWORD]} options=\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    options=\"%s--help --version --completion\"\n  elif [[ $word == -* ]]; then\n    case ${COMP_WORDS[1]} "
      "in\n%s"
      "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n}\ncomplete -o default -F _ganc ganc\n",
      names.c_str(), cases.c_str());
  return 0;
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
  if (words[0] == "--completion")
    return complete(words);
  std::vector<std::string> names;
  for (const Command *c : commands) {
    names.emplace_back(c->name);
    if (words[0] != c->name)
      continue;
    std::optional<CommandLine> line = parseCommand(*c, Words(words.begin() + 1, words.end()));
    return line ? c->run(*line) : 0;
  }
  std::string near = dsl::nearest(words[0], names);
  throw UserError("unknown command " + words[0] +
                  (near.empty() ? "; ganc --help lists them" : ": did you mean " + near + "?"));
}

} // namespace

/// Returns the exit status after checking that the output was written. It needs no message that a reader has ended
/// (`ganc emit .. | head`).
static int flushed(int status) {
  bool broken = fflush(stdout);
  int code = errno;
  if (!broken && !ferror(stdout))
    return status;
  if (code != EPIPE)
    tell(std::string("standard output cannot be written") + (broken ? std::string(": ") + strerror(code) : ""));
  return 1;
}

/// LLVM is built without exceptions and would abort instead of throwing.
static void outOfMemory(void *, const char *, bool) { throw std::bad_alloc(); }

int runGanc(int argc, char **argv) {
  watchSignals();
  llvm::install_bad_alloc_error_handler(outOfMemory);
  return guarded([&] { return flushed(dispatch(Words(argv + 1, argv + argc))); });
}

} // namespace gan
