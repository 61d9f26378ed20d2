// Collects what report.html shows from a run folder's files, as JSON for the page's script. Files that are missing and
// a last line of a log that is cut short are tolerated.
#pragma once

#include "runtime/base/Json.h"

#include <string>

namespace ganrt {

/// JSON text for the inside of <script>. Every `<` is escaped, because texts may hold "</script>" or "<!--".
std::string scriptText(const Json &json);

/// The run's configuration; {} if there is none that can be read.
Json reportConfig(const std::string &folder);

/// [{"name", "train", "epochs", "test"}]. Each but the name is a list of [iteration, value]; a value that is not finite
/// is null.
Json reportCurves(const std::string &folder);

/// "elapsed" seconds of all processes of the run, recent "seconds_per_iteration", "speed" as a list of [iteration,
/// images/s], the share of time "waiting" for other ranks as it was last, "kernels" as they were timed last, and the
/// "iteration" of the last line. Unknown fields are left out.
Json reportTimes(const std::string &folder);

/// What was measured of samples at the end of the run, by name; {} if nothing that can be read.
Json reportQuality(const std::string &folder);

/// Appends {"samples", "reconstructions", "traversals"} to `page` as JSON text. Each has the number of pictures in the
/// folder, "count", and "frames", [{"label", "image"}], in which an image is a data: URI.
void appendPictures(const std::string &folder, std::string &page);

} // namespace ganrt
