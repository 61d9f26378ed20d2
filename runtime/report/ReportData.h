// What report.html shows of a run folder's files, as JSON for the page's script. Readers take what they can: a folder
// may lack files, and the last line of a log may be cut short.
#pragma once

#include "runtime/base/Json.h"

#include <string>

namespace ganrt {

/// JSON for the inside of <script>: texts may hold "</script>" or "<!--", so no `<` stands as itself.
std::string scriptText(const Json &json);

/// {} where there is none that can be read.
Json reportConfig(const std::string &folder);

/// [{"name", "train", "epochs", "test"}], each a list of [iteration, value], null for what is not finite.
Json reportCurves(const std::string &folder);

/// "elapsed" seconds of all processes of the run, "seconds_per_iteration" lately, "speed" as [iteration, images/s],
/// "kernels" as they were timed last, and the "iteration" of the last line. What is unknown is not there.
Json reportTimes(const std::string &folder);

/// Adds {"samples", "reconstructions", "traversals"} to `page`, as JSON text: of each the number of pictures in the
/// folder, "count", and "frames", [{"label", "image"}], an image as a data: URI.
void appendPictures(const std::string &folder, std::string &page);

} // namespace ganrt
