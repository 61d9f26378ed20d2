// Reads a command's options from the command line and from files, and makes their help and completion. Everything is
// derived from one declaration: the command's po::options_description.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/base/Text.h"
#include "runtime/commands/NumberOption.h"

#include <optional>
#include <set>
#include <span>

namespace ganrt {

namespace po = boost::program_options;
struct CommandEntry;
class Command;
class Ranks;

/// The options that a command was given.
struct Given {
  po::variables_map values;
  std::set<std::string> typed; ///< names of the options on the command line itself
  Ranks *ranks = nullptr;      ///< the processes that run this command together; null: this one does alone
};

/// Reads the words after the command's name into the command's members. The command line comes first; --config and the
/// file that the command is based on set the options that it left open. For --help, prints the help and returns
/// nothing. Throws UserError for options that are unknown (and suggests the nearest), out of place or malformed.
/// Options in a file that only other commands have are skipped, so that a run's config.json serves all commands. `self`
/// is how the program was called, for the help.
std::optional<Given> parseOptions(const std::string &self, const CommandEntry &entry, Command &command,
                                  const Words &words, std::span<const CommandEntry *const> all);

/// Every option with its value, in order, except those in `without`, which matter only for one call.
Json optionRecord(Command &command, const Given &given, const std::set<std::string> &without);

/// A script for bash that completes commands, options and files, to be sourced: `source <(./vae --completion bash)`.
std::string bashCompletion(const std::string &program, std::span<const CommandEntry *const> all);

/// Reads a file of options: a flat JSON object, or one that has such an object as "options". Throws UserError with the
/// path.
Json readOptions(const std::string &path);

} // namespace ganrt
