// A trainer's main: is this machine able to run it, which command, and one sentence where something is wrong.
#include "runtime/Command.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <sstream>

namespace ganrt {
namespace {

constexpr const CommandEntry *commands[] = {&trainEntry,    &sampleEntry, &reconstructEntry, &interpolateEntry,
                                            &traverseEntry, &encodeEntry, &evaluateEntry,    &infoEntry,
                                            &benchEntry,    &traceEntry};

/// Names of the features that the kernels use and this machine lacks.
std::string missingFeatures(const char *needed) {
  __builtin_cpu_init();
  std::istringstream words(needed);
  std::string word, missing;
  auto has = [&](const std::string &f) -> bool {
    if (f == "sse4.1")
      return __builtin_cpu_supports("sse4.1");
    if (f == "avx2")
      return __builtin_cpu_supports("avx2");
    if (f == "fma")
      return __builtin_cpu_supports("fma");
    if (f == "f16c")
      return __builtin_cpu_supports("f16c");
    if (f == "avx512f")
      return __builtin_cpu_supports("avx512f");
    if (f == "avx512dq")
      return __builtin_cpu_supports("avx512dq");
    if (f == "avx512bw")
      return __builtin_cpu_supports("avx512bw");
    if (f == "avx512vl")
      return __builtin_cpu_supports("avx512vl");
    return f == "avx512cd" && __builtin_cpu_supports("avx512cd");
  };
  while (words >> word)
    if (!has(word))
      missing += (missing.empty() ? "" : ", ") + word;
  return missing;
}

void help(const gan_program &program, FILE *to) {
  fprintf(to, "trainer of model %s, built by ganc %s\n\nusage: %s COMMAND [options]\n\n", program.model,
          program.ganc_version, program.model);
  for (const CommandEntry *c : commands) {
    std::string meaning = c->meaning;
    fprintf(to, "  %-12s %s\n", c->name, meaning.substr(0, meaning.find_first_of(":;\n")).c_str());
  }
  fputs("\n  COMMAND --help tells the options.   --version   --completion bash prints completions to source\n"
        "exit status: 0 done; 1 something is wrong with what it was given, in one sentence; 130, 143 training was\n"
        "interrupted by SIGINT, SIGTERM and saved; 70 a bug of ganc\n\nexamples:\n"
        "  train --data builtin:glyphs --epochs 1 --out runs/first\n  sample --checkpoint runs/first --out first.png\n",
        to);
}

int complete(const Words &words, const char *self) {
  if (words.size() != 2 || words[1] != "bash")
    throw UserError("--completion knows bash: --completion bash");
  fputs(bashCompletion(self, commands).c_str(), stdout);
  return 0;
}

int dispatch(const gan_program &program, const char *self, const Words &words) {
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
    if (words[0] != entry->name)
      continue;
    std::unique_ptr<Command> command = entry->make();
    std::optional<Given> given = parseOptions(self, *entry, *command, Words(words.begin() + 1, words.end()), commands);
    return given ? command->run(program, *given) : 0;
  }
  std::string near = nearestName(words[0], names);
  throw UserError("unknown command " + words[0] +
                  (near.empty() ? "; --help lists them" : ": did you mean " + near + "?"));
}

} // namespace
} // namespace ganrt

int main(int argc, char **argv) {
  const gan_program &program = gan_program_table;
  if (std::string missing = ganrt::missingFeatures(program.cpu_features); !missing.empty()) {
    fprintf(stderr,
            "%s: error: this program was built for %s; this CPU lacks %s. Build it anew with ganc build --target host "
            "on this machine, or a lower --target\n",
            program.model, program.target, missing.c_str());
    return 1;
  }
  try {
    int status = ganrt::dispatch(program, argv[0], ganrt::Words(argv + 1, argv + argc));
    if (fflush(stdout))
      throw ganrt::UserError(std::string("standard output: cannot be written: ") + strerror(errno));
    return status;
  } catch (const ganrt::UserError &e) {
    fprintf(stderr, "%s: error: %s\n", program.model, e.what());
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "%s: error: out of memory\n", program.model);
  } catch (const std::exception &e) {
    fprintf(stderr, "%s: internal error: %s: this is a bug of ganc, please report it with the model\n", program.model,
            e.what());
    return 70;
  }
  return 1;
}
