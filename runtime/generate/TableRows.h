// Rows of the table that a model's data is bound to, made of what a graph shows: with the names of its columns and
// categories, and numbers as they are there.
//
// A value of a block stands for the data of its own name (`P.age` for `data age`); that of a block with one output for
// the one data that has its shape, if the block is a decoder, or a refinement, or both are categories. Data that the
// graph draws or is given, as classes of a conditional decoder, stands for itself.
#pragma once

#include "runtime/base/Text.h"
#include "runtime/generate/Generate.h"

namespace ganrt {

class TableRows {
public:
  /// `scheme` is what the run knows of its table.
  TableRows(const gan_program &program, const gan_graph &graph, TableScheme scheme);
  /// Whether a value stands for columns of a table.
  bool any() const { return !values.empty(); }
  /// The names of values of blocks, each with that of the data that it stands for.
  std::vector<std::pair<std::string, std::string>> bound() const;
  /// Makes the generator show the data of its graph that stands for itself. To be called before `lines`.
  void completeWith(Generator &generator) const;
  /// The names of the columns, in the order of the table; behind them what stands for none of it.
  std::string header(const std::vector<Shown> &shown) const;
  /// A line for each sample: numbers of nine digits, the names of the most likely categories.
  std::string lines(const std::vector<Shown> &shown) const;
  /// Gives standardised numbers the scale of the table.
  void undo(std::vector<Shown> &shown) const;

private:
  /// A value of the graph, and the data that it stands for.
  struct Value {
    std::string shown; ///< its name among what is shown
    std::string data;
    Words columns;
    bool categories = false;
    int32_t input = -1; ///< of the graph, if it is this
  };
  /// A column as it is written.
  struct Column {
    std::string name;
    const Shown *shown;
    const Value *value; ///< null if it stands for no data
    size_t element;
  };
  std::vector<Column> columnsOf(const std::vector<Shown> &shown) const;
  std::string cell(const Column &column, size_t sample) const;

  TableScheme scheme;
  std::vector<Value> values;
};

} // namespace ganrt
