// Where users get what a graph shows: one picture, arrays, or a folder with a picture of each sample. Samples come
// batch by batch; but for one picture, which has a limit, none stay in memory.
#pragma once

#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Generate.h"

#include <optional>

namespace ganrt {

/// Where it goes, and how a grid looks.
struct OutputOptions {
  std::string out, format; ///< out "": the usual file; format "": as the name says
  int64_t padding = 2;
};

/// Images that a picture may hold.
constexpr int64_t mostInPicture = 4096;

/// The format for what the graph shows, as outputFormat tells it; completes `out` by the usual file, whose ending is
/// left out in `usual`. Throws UserError for a format that cannot hold the values.
std::string chooseFormat(const gan_graph &table, OutputOptions &options, const std::string &usual);

class ShownOutput {
public:
  /// `format`: that was chosen. `count`: samples that will come; `what` asked for them, as "--count". Throws UserError
  /// where they do not fit.
  ShownOutput(const OutputOptions &options, const std::string &format, int64_t count, const std::string &what);

  bool isPicture() const { return format == "png"; }
  bool isFolder() const { return format == folderFormat; }
  /// Takes the next samples of all that is shown. A picture is of the first value that is one, an .npy of the first.
  void take(const std::vector<Shown> &batch);
  /// Writes what is left, and tells where it is. `columns`, `captions`: of the grid.
  void finish(int64_t columns, std::vector<std::string> captions = {});

private:
  void openArrays(const std::vector<Shown> &batch);
  void writeEach(const Grid &images);

  OutputOptions options;
  std::string format;
  int64_t count, taken = 0;
  std::optional<ArrayWriter> arrays;
  Grid grid; ///< of one picture
};

/// Writes a grid as a picture, and tells where it is.
void writePicture(const OutputOptions &options, Grid grid);

} // namespace ganrt
