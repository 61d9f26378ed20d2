#include "runtime/commands/Options.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>

namespace ganrt {
namespace {

/// The command's own options and those that all commands have.
po::options_description describe(Command &command) {
  po::options_description description("options", 100, 64);
  command.describe(description);
  description.add_options()("config", po::value<std::string>()->value_name("FILE"),
                            "JSON file of options, as a run's config.json")("help,h", "this text");
  return description;
}

std::string optionList(const po::options_description &description) {
  std::string names;
  for (const auto &option : description.options())
    names += (names.empty() ? "--" : " --") + option->long_name();
  return names;
}

UserError unknown(const std::string &what, const std::string &name, const po::options_description &description,
                  const std::string &prefix) {
  Words names;
  for (const auto &option : description.options())
    names.push_back(prefix + option->long_name());
  std::string near = nearestName(name, names);
  return UserError(what + name + (near.empty() ? "; --help lists them" : ": did you mean " + near + "?"));
}

/// Whether there is an option of this long name; its letter is for the command line alone.
bool has(const po::options_description &description, const std::string &name) {
  return std::any_of(description.options().begin(), description.options().end(),
                     [&](const auto &option) { return option->long_name() == name; });
}

/// The elements of a list, or the value itself if it is not a list.
std::vector<Json> each(const Json &value) {
  return value.is_array() ? std::vector<Json>(value.begin(), value.end()) : std::vector<Json>(1, value);
}

/// The options in a file, parsed as if they had been typed.
po::parsed_options fromFile(const std::string &path, const po::options_description &description,
                            std::span<const CommandEntry *const> all) {
  po::parsed_options parsed(&description);
  Json given = readOptions(path);
  for (auto &[name, value] : given.items()) {
    if (name == "help" || name == "config") // would be read and do nothing
      throw UserError(path + ": " + name + " is for the command line alone");
    if (!has(description, name)) {
      bool elsewhere = false;
      for (const CommandEntry *other : all)
        elsewhere |= has(describe(*other->make()), name);
      if (!elsewhere)
        throw unknown(path + ": unknown option ", name, description, "");
      continue;
    }
    po::basic_option<char> option;
    option.string_key = name;
    for (const Json &one : each(value))
      option.value.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    if (!option.value.empty())
      parsed.options.push_back(option);
  }
  return parsed;
}

void printHelp(const std::string &self, const CommandEntry &entry, const po::options_description &description) {
  std::ostringstream text;
  text << "usage: " << self << " " << entry.name << " " << entry.usage << "\n"
       << entry.meaning << "\n\n"
       << description;
  text << "\nexamples:\n";
  std::istringstream lines(entry.examples);
  for (std::string line; std::getline(lines, line);)
    text << "  " << self << " " << line << "\n";
  fputs(text.str().c_str(), stdout);
}

} // namespace

/// Gives options of runs of earlier versions the names that they have now: `flip` was an option before there were other
/// augmentations.
static void takeOldNames(Json &options) {
  auto flip = options.find("flip");
  if (flip == options.end())
    return;
  if (*flip == true && !options.contains("augment"))
    options["augment"] = "flip";
  options.erase("flip");
}

Json readOptions(const std::string &path) {
  Json config = Json::parse(readWholeFile(path), nullptr, false);
  if (config.is_object() && config.contains("options"))
    config = Json(config["options"]);
  if (!config.is_object())
    throw UserError(path + ": is not a JSON object of options");
  for (auto &[name, value] : config.items())
    for (const Json &one : each(value))
      if (one.is_object() || one.is_array() || one.is_null())
        throw UserError(path + ": the value of " + name + " is no number, text or list of them");
  takeOldNames(config);
  return config;
}

std::optional<Given> parseOptions(const std::string &self, const CommandEntry &entry, Command &command,
                                  const Words &words, std::span<const CommandEntry *const> all) {
  po::options_description description = describe(command);
  Given given;
  std::string file;
  try {
    int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::parsed_options typed = po::command_line_parser(words).options(description).style(style).run();
    for (const auto &option : typed.options) {
      if (option.string_key.empty() && command.words())
        command.words()->insert(command.words()->end(), option.value.begin(), option.value.end());
      else if (option.string_key.empty())
        throw UserError(option.value.at(0) + " is not the value of an option; --help lists them");
      else
        given.typed.insert(option.string_key);
    }
    po::store(typed, given.values);
    po::notify(given.values);
    if (given.values.count("help")) {
      printHelp(self, entry, description);
      return std::nullopt;
    }
    auto add = [&](const std::string &from) {
      if (from.empty())
        return;
      file = from + ": ";
      po::store(fromFile(from, description, all), given.values);
      po::notify(given.values);
    };
    add(given.values.count("config") ? given.values["config"].as<std::string>() : std::string());
    add(command.basedOn()); // which the file before may have named
  } catch (const po::unknown_option &e) {
    std::string name = e.get_option_name();
    throw unknown("unknown option ", name.substr(0, name.find('=')), description, "--");
  } catch (const po::error &e) {
    throw UserError(file + e.what());
  }
  return given;
}

Json optionRecord(Command &command, const Given &given, const std::set<std::string> &without) {
  Json record = Json::object();
  po::options_description description = describe(command);
  for (const auto &option : description.options()) {
    const std::string &name = option->long_name();
    auto it = given.values.find(name);
    if (name == "help" || name == "config" || without.contains(name) || it == given.values.end())
      continue;
    const boost::any &value = it->second.value();
    if (auto *text = boost::any_cast<std::string>(&value))
      record[name] = printable(*text); // JSON must be UTF-8, but a path may hold any bytes
    else if (auto *words = boost::any_cast<Words>(&value); words && name == "data" && words->size() == 1)
      record[name] = printable(words->front());
    else if (words)
      std::transform(words->begin(), words->end(), std::back_inserter(record[name] = Json::array()), printable);
    else if (auto *flag = boost::any_cast<bool>(&value))
      record[name] = *flag;
    else if (auto *number = boost::any_cast<double>(&value))
      record[name] = *number;
    else if (auto *whole = boost::any_cast<int64_t>(&value))
      record[name] = *whole;
    else if (auto *natural = boost::any_cast<uint64_t>(&value))
      record[name] = *natural;
    else
      record[name] = boost::any_cast<int>(value);
  }
  return record;
}

std::string bashCompletion(const std::string &program, std::span<const CommandEntry *const> all) {
  std::string name = std::filesystem::path(program).filename(), function = "_ganc_trainer_";
  for (char c : name)
    function += isalnum(static_cast<unsigned char>(c)) ? c : '_';
  std::string text = function +
                     "() {\n  local word=${COMP_WORDS[COMP_CWORD]} options=\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                     "    options=\"";
  for (const CommandEntry *entry : all)
    text += std::string(entry->name) + " ";
  text += "--help --version --completion\"\n  elif [[ $word == -* ]]; then\n    case ${COMP_WORDS[1]} in\n";
  for (const CommandEntry *entry : all)
    text += std::string("      ") + entry->name + ") options=\"" + optionList(describe(*entry->make())) + "\" ;;\n";
  text += "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n}\n";
  // If no word fits, bash completes file names.
  return text + "complete -o default -F " + function + " " + name + " ./" + name + "\n";
}

} // namespace ganrt
