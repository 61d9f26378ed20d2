// Tables as the data of one declaration that does not name their columns.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Whether a source is a table: "table.csv", or "table.csv:age,height" for some of its columns.
bool isTable(const std::string &source);

/// The path of a table, without the columns that stand behind it.
std::string tablePath(const std::string &source);

/// The numbers of a vector, a column each. Throws UserError that names row and column where a cell is missing, is no
/// number or lies outside the declared range, and lists the columns if they are not as many as the vector has numbers.
/// A table has no test part.
Dataset readTable(const std::string &source, Part part, const WantedData &wanted);

/// One column as classes: whole numbers from 0 as they are, anything else by the order of its names.
Dataset readTableLabels(const std::string &source, Part part);

} // namespace ganrt
