// report.html of a run folder: one page with everything in it, made from the folder's own files and the program's
// tables.
#pragma once

#include "runtime/program.h"

#include <string>

namespace ganrt {

enum class RunStatus { Running, Finished, Stopped };

/// Writes it whole. A page of a run that goes on loads itself again now and then. At most 40 pictures of a kind and
/// 1,000 points of a curve are in it, evenly chosen, the first and the last always. Throws UserError with the path.
void writeReport(const gan_program &program, const std::string &folder, RunStatus status);

/// As in RFC 4648.
std::string base64(const std::string &bytes);

} // namespace ganrt
