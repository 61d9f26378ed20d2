// A single way to declare and read the options of commands, so that help, completion and mistakes look alike
// everywhere.
#pragma once

#include <boost/program_options.hpp>
#include <optional>

#include "compiler/driver/Commands.h"

namespace gan {

namespace po = boost::program_options;

/// The options and files that a command was given.
struct CommandLine {
  po::variables_map values;
  Words files; ///< positional arguments
  bool has(const char *name) const { return values.count(name); }
  std::string text(const char *name) const { return values[name].as<std::string>(); }
  /// The number given for an option, which must be a whole number in this range. Throws UserError.
  int64_t number(const char *name, int64_t least, int64_t most) const;
};

/// A command as users see it.
struct Command {
  const char *name, *meaning;
  const char *usage;    ///< what follows the name: "MODEL.gan [options]"
  const char *examples; ///< lines of arguments after "ganc"
  void (*describe)(po::options_description &options);
  int (*run)(const CommandLine &line); ///< the exit status
};
extern const Command newCommand, lspCommand, buildCommand, checkCommand, formatCommand, emitCommand, benchKernelCommand,
    tuneCommand, exportCommand;

/// Parses the words after the command's name; prints the help and returns nothing for --help. Throws UserError with the
/// nearest name for an unknown option.
std::optional<CommandLine> parseCommand(const Command &command, const Words &words);

/// --batch, which check and build read alike. Throws UserError if the value is not a batch size.
void describeBatch(po::options_description &options);
std::optional<int64_t> givenBatch(const CommandLine &line);

/// The file of a command that needs exactly one. Throws UserError.
std::string onlyFile(const Command &command, const CommandLine &line);

} // namespace gan
