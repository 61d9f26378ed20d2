// The commands of ganc, as main's table has them. Each takes the words after its name and returns the exit status.
#pragma once

#include <string>
#include <vector>

namespace gan {

using Words = std::vector<std::string>;

int buildCommand(const Words &words);
int checkCommand(const Words &words);
int formatCommand(const Words &words);
int emitCommand(const Words &words);

/// ganc: finds the command, prints help, turns failures into one sentence and an exit status.
int runGanc(int argc, char **argv);

} // namespace gan
