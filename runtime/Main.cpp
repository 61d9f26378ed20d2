// A trainer's main: is this machine able to run it, which command, and one sentence where something is wrong.
#include "runtime/Command.h"
#include "runtime/Error.h"

#include <new>
#include <sstream>

namespace ganrt {
namespace {

struct Command {
  const char *name, *meaning;
  int (*run)(const gan_program &, const Words &);
};
constexpr Command commands[] = {
    {"train", "train on data; leaves metrics, pictures and a checkpoint in a run folder", trainCommand},
    {"sample", "a picture of samples from a checkpoint", sampleCommand},
    {"traverse", "pictures of what each code does", traverseCommand},
    {"reconstruct", "a picture of test images and what the model makes of them", reconstructCommand},
    {"evaluate", "every metric on the test images", evaluateCommand},
    {"info", "the model, its shapes, memory, kernels; --json for programs", infoCommand},
    {"bench", "time per step and per kernel against the machine's peak", benchCommand},
    {"trace", "replay given states and noise; write losses, gradients, states", traceCommand},
};

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
  fprintf(to, "trainer of model %s, built by ganc %s\n\nusage: COMMAND [options]\n\n", program.model,
          program.ganc_version);
  for (const Command &c : commands)
    fprintf(to, "  %-12s %s\n", c.name, c.meaning);
  fputs("\n  COMMAND --help tells the options. Exit status: 0 done, 1 something is wrong with the input, 70 a bug of "
        "ganc.\n",
        to);
}

int dispatch(const gan_program &program, const Words &words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    help(program, words.empty() ? stderr : stdout);
    return words.empty();
  }
  if (words[0] == "--version") {
    printf("%s, built by ganc %s for %s\n", program.model, program.ganc_version, program.target);
    return 0;
  }
  Words names;
  for (const Command &c : commands) {
    if (words[0] == c.name)
      return c.run(program, Words(words.begin() + 1, words.end()));
    names.emplace_back(c.name);
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
    return ganrt::dispatch(program, ganrt::Words(argv + 1, argv + argc));
  } catch (const ganrt::UserError &e) {
    fprintf(stderr, "%s: error: %s\n", program.model, e.what());
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "%s: error: out of memory\n", program.model);
  }
  return 1;
}
