// Writes what a graph shows: one picture, arrays, or a folder with a picture of each sample. Samples arrive batch by
// batch. Only those of a single picture, whose number is limited, stay in memory.
#pragma once

#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Generate.h"
#include "runtime/generate/TableRows.h"

#include <optional>

namespace ganrt {

/// The options for where the output goes and how a grid looks.
struct OutputOptions {
  std::string out, format; ///< out "" is the default file; format "" follows from the name
  int64_t padding = 2;
};

/// How many images one picture may hold.
constexpr int64_t mostInPicture = 4096;

/// The format for what the graph shows, by the rule of outputFormat. Sets `out` to the default file if it is "":
/// `usual` and an ending. `rows` tells whether the values are rows of a table, of which a .csv holds any number. Throws
/// UserError for a format that cannot hold the values.
std::string chooseFormat(const gan_graph &table, OutputOptions &options, const std::string &usual, bool rows = false);

class ShownOutput {
public:
  /// `format` is the chosen format. `count` is the number of samples that will come, and `what` the option that asked
  /// for them, such as "--count". Throws UserError if there are too many.
  ShownOutput(const OutputOptions &options, const std::string &format, int64_t count, const std::string &what);

  bool isPicture() const { return format == "png"; }
  bool isFolder() const { return format == folderFormat; }
  /// From now on numbers are those of the table that the model's data is bound to; a .csv is written as such a table.
  /// Makes the generator show what that needs.
  void asTable(TableRows table, Generator &generator);
  /// Takes the next samples of all values. A picture shows the first value that is a picture; an .npy holds the first
  /// value.
  void take(const std::vector<Shown> &batch);
  /// Names the files of a folder after those that the samples come from, instead of by number.
  void nameAs(const std::vector<std::string> &files);
  /// Writes what is left and prints where it is. `columns` and `captions` are those of the grid.
  void finish(int64_t columns, std::vector<std::string> captions = {});

private:
  void writeRows(const std::vector<Shown> &batch);
  void openArrays(const std::vector<Shown> &batch);
  void writeEach(const Grid &images);

  OutputOptions options;
  std::string format;
  int64_t count, taken = 0;
  std::vector<std::string> names; ///< of the files in a folder, without their ending; empty: numbers
  std::optional<ArrayWriter> arrays;
  std::optional<TableRows> table; ///< whose rows the samples are
  std::optional<OutputFile> text; ///< the table that is written
  Grid grid;                      ///< the images of a single picture
};

/// Writes a grid as a picture and prints where it is.
void writePicture(const OutputOptions &options, Grid grid);

} // namespace ganrt
