// One way to declare and read a command's options, so that help and mistakes look alike everywhere.
#pragma once

#include <boost/program_options.hpp>
#include <optional>

#include "compiler/driver/Commands.h"

namespace gan {

namespace po = boost::program_options;

struct CommandLine {
  po::variables_map values;
  Words files; ///< positional arguments
  bool has(const char *name) const { return values.count(name); }
  std::string text(const char *name) const { return values[name].as<std::string>(); }
};

/// Parses `words`; prints the help and returns nothing for --help. Throws UserError with the nearest name for an
/// unknown option. `usage` is the first line of the help: "ganc build MODEL.gan [options]".
std::optional<CommandLine> parseCommand(const Words &words, const std::string &usage,
                                        const po::options_description &options);

} // namespace gan
