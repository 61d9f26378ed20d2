#include "runtime/data/Csv.h"
#include "runtime/base/Error.h"
#include "runtime/data/Columns.h"
#include "runtime/data/ImageFiles.h"

#include <algorithm>
#include <cmath>

namespace ganrt {
namespace {

/// The numbers of the columns that stand behind the path, or of all.
std::vector<size_t> chosenColumns(const std::string &source, const Table &table) {
  std::vector<size_t> chosen;
  std::string list = source.substr(std::min(source.size(), table.path.size() + 1));
  for (const std::string &name : cellsOf(list, true)) {
    if (list.empty())
      break;
    chosen.push_back(table.columnNamed(name));
  }
  for (size_t c = 0; list.empty() && c < table.columns.size(); ++c)
    chosen.push_back(c);
  return chosen;
}

} // namespace

std::string tablePath(const std::string &source) {
  for (const char *end : {".csv:", ".txt:"})
    if (size_t at = source.find(end); at != std::string::npos)
      return source.substr(0, at + 4);
  return source;
}

bool isTable(const std::string &source) {
  std::string path = tablePath(source);
  return path.ends_with(".csv") || path.ends_with(".txt");
}

Dataset readTable(const std::string &source, Part part, const WantedData &wanted) {
  Dataset data = emptyDataset(wanted, true);
  data.origin = source;
  if (part == Part::Test)
    return data;
  if (!wanted.vector)
    throw UserError(source + ": a table holds numbers, the model declares an image: declare a vector");
  Table table = readTableFile(tablePath(source));
  std::vector<size_t> columns = chosenColumns(source, table);
  if (int64_t(columns.size()) != wanted.width)
    throw UserError(source + ": has " + std::to_string(columns.size()) + " columns (" + listed(table.columns, 40) +
                    "), the model declares a vector(" + std::to_string(wanted.width) + "); " + table.path +
                    ":NAME,NAME chooses some");
  std::vector<float> row(columns.size());
  for (size_t r = 0; r < table.rows.size(); ++r) {
    for (size_t c = 0; c < columns.size(); ++c)
      row[c] = valueOf(table, r, columns[c], wanted);
    data.store->append(row.data());
  }
  data.count = int64_t(table.rows.size());
  data.files = std::move(table.files);
  return data;
}

Dataset readTableLabels(const std::string &source, Part part) {
  Dataset data;
  data.origin = source;
  if (part == Part::Test)
    return data;
  Table table = readTableFile(tablePath(source));
  std::vector<size_t> columns = chosenColumns(source, table);
  if (columns.size() != 1)
    throw UserError(source + ": a label is one column, and there are " + listed(table.columns, 40) + "; " + table.path +
                    ":NAME chooses it");
  bool numbers = true;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const std::string &cell = table.rows[r][columns[0]];
    table.expectValue(r, columns[0]);
    std::optional<double> value = numberIn(cell);
    numbers &= value && *value == std::floor(*value) && *value >= 0 && *value < 1e9;
    if (std::find(data.classes.begin(), data.classes.end(), cell) == data.classes.end() && data.classes.size() < 10001)
      data.classes.push_back(cell);
  }
  std::sort(data.classes.begin(), data.classes.end());
  for (const Words &row : table.rows) {
    const std::string &cell = row[columns[0]];
    data.labels.push_back(
        numbers ? int32_t(*numberIn(cell))
                : int32_t(std::lower_bound(data.classes.begin(), data.classes.end(), cell) - data.classes.begin()));
  }
  if (numbers)
    data.classes.clear();
  data.count = int64_t(data.labels.size());
  data.files = std::move(table.files);
  return data;
}

} // namespace ganrt
