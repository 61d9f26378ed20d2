// report.html of a run folder: one page with everything in it, made from the folder's own files and the program's
// tables.
#pragma once

#include "runtime/program.h"

#include <string>

namespace ganrt {

enum class RunStatus { Running, Finished, Stopped };

/// Writes it whole. A page of a run that goes on loads itself again now and then. What is missing in the folder, cut
/// short or not as expected is left out. At most 1,000 points of a curve and 40 pictures of a kind are in it, and fewer
/// where they are large, so that a page stays below 20 MB. Throws UserError with the path where it cannot be written.
void writeReport(const gan_program &program, const std::string &folder, RunStatus status);

} // namespace ganrt
