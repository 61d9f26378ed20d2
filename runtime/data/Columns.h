// Columns of a table that a model binds its data to: `data age: vector(1) from "age"`. One table is the source of all
// of them. What a run learns of its table - which category has which number, means and deviations by which numbers are
// standardised - is kept in its checkpoints, so that other tables are read, and tables are written, in the same way.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/Table.h"

namespace ganrt {

/// A number of the model as it is in the table, within the range that is declared. Throws UserError with its place.
float valueOf(const Table &table, size_t row, size_t column, const WantedData &wanted);

/// Reads the columns that a declaration is bound to: numbers, or the one of its categories. Categories that are whole
/// numbers 0, 1 .. below the declared number are these; other ones are numbered in the order of their names, or of
/// their numbers, or as in `known`, if a run has fixed that. Throws UserError with row, column and names, and a
/// suggestion where a category is not known; `note` is told of categories that the model declares and the table lacks.
Dataset readColumns(const Table &table, const WantedData &wanted, const TableScheme &known, std::string &note);

/// What the run must know of the table that data came from.
TableScheme schemeOf(const Dataset &data);
Json jsonOf(const TableScheme &scheme);
/// Throws UserError with the path if this is nothing that `jsonOf` made.
TableScheme schemeOf(const std::string &path, const Json &json);

/// Standardises numbers that are bound to columns and have no declared range: mean 0, deviation 1 over the training
/// part, or by what the run has fixed in `known`. A column whose numbers are all the same only loses its mean. Throws
/// UserError if the model has no such numbers and nothing is fixed; `note` is told which keep their range.
void standardize(Dataset &train, Dataset &test, const WantedData &wanted, const TableScheme &known, std::string &note);
/// Applies only what a run has fixed.
void standardizeAs(Dataset &data, const TableScheme &known);

} // namespace ganrt
