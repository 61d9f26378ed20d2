// ganc as a whole: finds the command, prints help, and turns failures into one sentence and an exit status.
#pragma once

#include <string>
#include <vector>

namespace gan {

using Words = std::vector<std::string>;

int runGanc(int argc, char **argv);

} // namespace gan
