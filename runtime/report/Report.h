// Writes report.html in a run folder: one self-contained page, made from the folder's own files and the program's
// tables.
#pragma once

#include "runtime/program.h"

#include <string>

namespace ganrt {

enum class RunStatus { Running, Finished, Stopped };

/// Writes the whole page. While the run goes on, the page reloads itself now and then. Whatever is missing in the
/// folder, cut short or not as expected is left out. The page holds at most 1,000 points of a curve and 40 pictures of
/// a kind, or fewer if they are large, so that it stays below 20 MB. Throws UserError with the path if it cannot be
/// written.
void writeReport(const gan_program &program, const std::string &folder, RunStatus status);

} // namespace ganrt
