// A table as text: a .csv file, or a list of attributes such as CelebA's list_attr_celeba.txt.
//
// A table has a row for each sample and a header with the names of its columns, unless its first row holds numbers
// alone. Cells stand between commas, in a .txt between spaces; one in double quotes may hold commas. A first column
// that holds names of files is no value: samples of folders are matched by it.
#pragma once

#include "runtime/base/Text.h"

#include <optional>

namespace ganrt {

struct Table {
  std::string path;
  Words columns;             ///< names, of the columns that hold values
  std::vector<Words> rows;   ///< their cells
  std::vector<size_t> lines; ///< the number of each row's line in the file
  Words files;               ///< the name of a file in each row; empty if there are none

  /// Throws UserError that names the place of a cell.
  [[noreturn]] void refuse(size_t row, size_t column, const std::string &why) const;
  /// The number of a column. Throws UserError with the nearest name if there is none; `reader` tells who wants it.
  size_t columnNamed(const std::string &name, const std::string &reader = "") const;
  /// Throws UserError if the cell is empty or a word for a missing value, with how many of the column are.
  void expectValue(size_t row, size_t column) const;
};

/// Reads a whole table. Throws UserError with the path, and with the line that has more or fewer cells than the header.
Table readTableFile(const std::string &path);

/// The cells of a line. Spaces around them do not count.
Words cellsOf(const std::string &line, bool commas);

/// The finite number that a cell holds; nothing if it holds something else.
std::optional<double> numberIn(const std::string &cell);

} // namespace ganrt
