// A trainer's main: checks whether this machine can run it, chooses the command, and reports errors in one sentence.
#include "runtime/base/DeviceFault.h"
#include "runtime/base/Error.h"
#include "runtime/base/Processor.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/FaultSearch.h"
#include "runtime/device/ranks/Ranks.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <system_error>

namespace ganrt {
namespace {

constexpr const CommandEntry *commands[] = {&trainEntry,    &sampleEntry, &reconstructEntry, &interpolateEntry,
                                            &traverseEntry, &encodeEntry, &applyEntry,       &evaluateEntry,
                                            &infoEntry,     &benchEntry,  &traceEntry};

void help(const gan_program &program, FILE *to) {
  fprintf(to, "trainer of model %s, built by ganc %s\n\nusage: %s COMMAND [options]\n\n", program.model,
          program.ganc_version, program.model);
  for (const CommandEntry *c : commands) {
    std::string meaning = c->meaning;
    fprintf(to, "  %-12s %s\n", c->name, meaning.substr(0, meaning.find_first_of(":;\n")).c_str());
  }
  fputs("\n  COMMAND --help tells the options.   --version   --completion bash prints completions to source\n"
        "exit status: 0 done; 1 something is wrong with what it was given, in one sentence; 129, 130, 141,\n"
        "143 training was interrupted by SIGHUP, SIGINT, SIGPIPE, SIGTERM and saved; 70 a bug of ganc\n\nexamples:\n"
        "  train --data builtin:glyphs --epochs 1 --out runs/first\n  sample --checkpoint runs/first --out first.png\n",
        to);
}

int complete(const Words &words, const char *self) {
  if (words.size() != 2 || words[1] != "bash")
    throw UserError("--completion knows bash: --completion bash");
  fputs(bashCompletion(self, commands).c_str(), stdout);
  return 0;
}

int start(const gan_program &program, const char *self, const CommandEntry &entry, const Words &words, Ranks *&ranks) {
  std::unique_ptr<Command> command = entry.make();
  if (ranks->alone() || !command->onAllRanks()) {
    if (!ranks->leads())
      return 0;
    ranks = nullptr;
  }
  std::optional<Given> given = parseOptions(self, entry, *command, Words(words.begin() + 1, words.end()), commands);
  if (!given)
    return 0;
  refuse(program, entry.name);
  given->ranks = ranks;
  return command->run(program, *given);
}

/// `ranks` becomes null if this process runs the command alone.
int dispatch(const gan_program &program, const char *self, const Words &words, Ranks *&ranks) {
  if (!ranks->leads() && (words.empty() || words[0].starts_with('-')))
    return words.empty();
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    help(program, words.empty() ? stderr : stdout);
    return words.empty();
  }
  if (words[0] == "--version") {
    printf("%s, built by ganc %s for %s\n", program.model, program.ganc_version, program.target);
    return 0;
  }
  if (words[0] == "--completion")
    return complete(words, self);
  Words names;
  for (const CommandEntry *entry : commands) {
    names.emplace_back(entry->name);
    if (words[0] == entry->name)
      return start(program, self, *entry, words, ranks);
  }
  if (words[0] == findFaultEntry.name)
    return start(program, self, findFaultEntry, words, ranks);
  std::string near = nearestName(words[0], names);
  throw UserError("unknown command " + words[0] +
                  (near.empty() ? "; --help lists them" : ": did you mean " + near + "?"));
}

} // namespace
} // namespace ganrt

namespace ganrt {
namespace {

/// Opens standard descriptors that are closed: otherwise a file that is opened later would get the number of one and be
/// taken for standard input or output.
void openStandardDescriptors() {
  for (int d = 0; d < 3; ++d)
    while (fcntl(d, F_GETFD) < 0 && open("/dev/null", O_RDWR) >= 0) { // open takes the lowest free descriptor
    }
}

/// Flushes the output and returns the exit status. If a successful command could not write its output, it has failed.
int flushed(int status) {
  bool broken = fflush(stdout);
  int code = errno;
  if (status || (!broken && !ferror(stdout)))
    return status;
  throw UserError(std::string("standard output cannot be written") +
                  (broken ? std::string(": ") + strerror(code) : ""));
}

void tell(const gan_program &program, const std::string &kind, const std::string &sentence) {
  fprintf(stderr, "%s: %s: %s\n", program.model, kind.c_str(), printable(sentence).c_str());
}

/// Says why the program ends, and returns its exit status. Of ranks that have not begun what they do together, rank 0
/// speaks for all; afterwards the one that fails speaks, and ends the others.
int ends(const gan_program &program, Ranks *ranks, const std::string &kind, const std::string &sentence, int status) {
  if (!ranks || ranks->alone() || ranks->haveEnded()) {
    tell(program, kind, sentence);
    return status;
  }
  if (ranks->hasBegun()) {
    tell(program, kind, ranks->name(ranks->rank()) + ": " + sentence);
    ranks->abort(status);
    return status;
  }
  try {
    ranks->fail(sentence);
  } catch (const UserError &all) {
    tell(program, kind, all.what());
  } catch (const EndsQuietly &) {
  }
  return status;
}

int endsByBug(const gan_program &program, Ranks *ranks, const std::exception &e) {
  return ends(program, ranks, "internal error",
              std::string(e.what()) + ": this is a bug of ganc, please report it with the model", 70);
}

int guarded(const gan_program &program, const char *self, const Words &words) {
  std::unique_ptr<Ranks> joined = std::make_unique<Ranks>();
  Ranks *ranks = joined.get();
  try {
    expectVersion(program);
    if (std::string missing = missingFeatures(program.cpu_features); !missing.empty())
      throw UserError(std::string("this program was built for ") + program.target + "; this CPU lacks " + missing +
                      ". Build it anew with ganc build --target host on this machine, or a lower --target");
    joined = std::make_unique<Ranks>(program.transport);
    ranks = joined.get();
    return flushed(dispatch(program, self, words, ranks));
  } catch (const EndsQuietly &) {
    return 1;
  } catch (const UserError &e) {
    return ends(program, ranks, "error", e.what(), 1);
  } catch (const std::bad_alloc &) {
    return ends(program, ranks, "error", "out of memory", 1);
  } catch (const std::system_error &e) { // thrown for folders, files and threads
    return ends(program, ranks, "error", std::string("the system refuses: ") + e.what(), 1);
  } catch (const DeviceFault &e) {
    if (ranks && !ranks->alone())
      return ends(program, ranks, "internal error",
                  std::string(e.what()) + ": this is a bug of ganc, please report it with the model; one process, " +
                      "without mpirun, finds the kernel that faulted",
                  70);
    repeatCallByCall(self, words);
    return endsByBug(program, ranks, e);
  } catch (const std::exception &e) {
    return endsByBug(program, ranks, e);
  }
}

} // namespace
} // namespace ganrt

int main(int argc, char **argv) {
  ganrt::openStandardDescriptors();
  return ganrt::guarded(gan_program_table, argv[0], ganrt::Words(argv + 1, argv + argc));
}
