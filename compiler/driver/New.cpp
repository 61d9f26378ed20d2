// `ganc new`: a file to start from. The files are the models that ganc is shipped with, which its build puts into the
// program: so what is written is built and tested with every change.
#include "compiler/driver/Files.h"
#include "compiler/driver/Named.h"
#include "compiler/driver/Options.h"
#include "compiler/driver/Templates.h"
#include "dsl/Text.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace gan {

static void describeNew(po::options_description &options) {
  options.add_options()("list", "print the names, and what each model is");
  options.add_options()("out,o", po::value<std::string>()->value_name("FILE"), "the file to write (NAME.gan)");
}

/// What a model is: its first line, which is a comment.
static std::string titleOf(const Template &t) {
  std::string line = t.text.substr(0, t.text.find('\n'));
  return line.substr(std::min(line.size(), line.find_first_not_of("# ")));
}

static int runNew(const CommandLine &line) {
  if (line.has("list")) {
    for (const Template &t : templates())
      printf("%-12s %s\n", t.name.c_str(), titleOf(t).c_str());
    return 0;
  }
  if (line.files.size() != 1)
    throw UserError("ganc new needs the name of one model; ganc new --list tells them");
  const Template &chosen = named(templates(), line.files[0], "there is no model", "there are");
  std::string path = line.has("out") ? line.text("out") : chosen.name + ".gan", shown = dsl::printable(path);
  if (std::filesystem::exists(path))
    throw UserError(shown + " is there already; -o FILE writes another one");
  writeFile(path, chosen.text);
  printf("%s: %s\n  ganc build %s -o %s && ./%s train --data FOLDER\n", shown.c_str(), titleOf(chosen).c_str(),
         shown.c_str(), chosen.name.c_str(), chosen.name.c_str());
  return 0;
}

const Command newCommand{"new",
                         "write a model file to start from; --list tells which there are",
                         "NAME [options]",
                         "new --list\nnew vae\nnew dcgan -o mine.gan",
                         describeNew,
                         runNew};

} // namespace gan
