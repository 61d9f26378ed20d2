// A command's options from the command line and from files, their help and their completion, all derived from one
// declaration: the command's po::options_description.
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

/// What a command was given.
struct Given {
  po::variables_map values;
  std::set<std::string> typed; ///< names on the command line itself
};

/// Reads the words after the command's name into the command's members: the command line first, then --config and what
/// the command is based on for options that it left open. Prints the help and returns nothing for --help. Throws
/// UserError for what is unknown (with the nearest), out of place or malformed. Options of a file that only other
/// commands have are passed over, so that a run's config.json serves all. `self`: how the program was called, for the
/// help.
std::optional<Given> parseOptions(const std::string &self, const CommandEntry &entry, Command &command,
                                  const Words &words, std::span<const CommandEntry *const> all);

/// Every option with its value, in order; `without` names those that belong to one call alone.
Json optionRecord(Command &command, const Given &given, const std::set<std::string> &without);

/// Names, options and files for bash, to be sourced: `source <(./vae --completion bash)`.
std::string bashCompletion(const std::string &program, std::span<const CommandEntry *const> all);

/// A file of options: a flat JSON object, or one with such an object as "options". Throws UserError with the path.
Json readOptions(const std::string &path);

} // namespace ganrt
