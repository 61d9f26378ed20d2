#include "compiler/driver/Runner.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

namespace gan {
namespace {

constexpr double wayThereAndBack = 2; // in times that the program itself may take

/// A word of shell that stands for the text.
std::string shellQuoted(const std::string &text) {
  std::string word = "'";
  for (char c : text)
    word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

} // namespace

Runner::Runner(const std::string &command) : command(command) {
  if (command.find("{}") == std::string::npos)
    throw UserError("--runner takes a command with {} in it, like 'ssh board {}', not " + command);
}

int Runner::run(const std::string &program, const std::vector<std::string> &arguments, const std::string &out,
                const std::string &log, double seconds) const {
  std::vector<std::string> words{"sh", "-c", "exec \"$@\" > \"$0\"", out, program};
  if (isRemote()) {
    std::string there = "f=$(mktemp) && cat > \"$f\" && chmod +x \"$f\" && \"$f\"";
    for (const std::string &argument : arguments)
      there += " " + shellQuoted(argument);
    there += "; s=$?; rm -f \"$f\"; exit $s";
    std::string line = command;
    line.replace(line.find("{}"), 2, shellQuoted(there));
    words = {"sh", "-c", "{ " + line + "\n} > \"$0\" < \"$1\"", out, program};
    seconds += wayThereAndBack * seconds;
  } else {
    words.insert(words.end(), arguments.begin(), arguments.end());
  }
  return waitForChild(startProcess(words, log, "there is no shell"), seconds).status;
}

} // namespace gan
