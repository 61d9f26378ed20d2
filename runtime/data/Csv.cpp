#include "runtime/data/Csv.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Text.h"
#include "runtime/data/ImageFiles.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace ganrt {
namespace {

using Cells = std::vector<std::string>;

/// The cells of a line. Spaces around them do not count.
Cells cellsOf(const std::string &line, bool commas) {
  Cells cells;
  std::string cell;
  bool quoted = false, any = false;
  auto end = [&] {
    size_t first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    cell.clear();
    any = false;
  };
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      cell += line[++i];
    else if (c == '"' && commas)
      quoted = !quoted;
    else if (!quoted && (commas ? c == ',' : c == ' ' || c == '\t')) {
      if (commas || any)
        end();
    } else {
      cell += c;
      any = true;
    }
  }
  if (commas || any)
    end();
  return cells;
}

std::optional<double> number(const std::string &cell) {
  double value = 0;
  const char *first = cell.data() + (cell.starts_with('+') ? 1 : 0), *last = cell.data() + cell.size();
  auto [end, error] = std::from_chars(first, last, value);
  return error == std::errc() && end == last && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool hasNumbersAlone(const Cells &cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string &c) { return number(c).has_value(); });
}

struct Table {
  std::string path;
  Cells columns;           ///< names, of the columns that hold values
  std::vector<Cells> rows; ///< their cells
  Cells files;             ///< the name of a file in each row; empty if there are none
  size_t firstLine = 1;    ///< number of the first row's line in the file

  [[noreturn]] void refuse(size_t row, size_t column, const std::string &why) const {
    throw UserError(path + ": line " + std::to_string(firstLine + row) + ", column " + columns[column] + ": " + why);
  }
};

/// Whether a column of this name holds the files that rows belong to.
bool namesFiles(const std::string &column) {
  static const Cells known = {"file", "files", "filename", "file_name", "image", "image_id", "image_name", "path"};
  std::string lower = column;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return std::find(known.begin(), known.end(), lower) != known.end();
}

std::vector<Cells> linesOf(const std::string &path, bool commas, size_t &skipped) {
  std::string text = readWholeFile(path);
  std::vector<Cells> lines;
  for (size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r'))
      line.pop_back();
    if (line.find_first_not_of(" \t,") != std::string::npos)
      lines.push_back(cellsOf(line, commas));
    else if (lines.empty())
      ++skipped;
  }
  return lines;
}

/// Reads the table, with the names of its columns and those of files apart from its values.
Table read(const std::string &path) {
  Table table;
  table.path = path;
  size_t before = 0;
  std::vector<Cells> lines = linesOf(path, path.ends_with(".csv"), before);
  size_t first = 0;
  if (lines.size() > 2 && lines[0].size() == 1 && lines[1].size() > 1) // CelebA's lists start with how many rows follow
    first = 1;
  if (lines.size() <= first)
    throw UserError(path + ": holds no rows");
  bool header = !hasNumbersAlone(lines[first]);
  size_t width = lines.back().size();
  bool files = header && (lines[first].size() + 1 == width || namesFiles(lines[first][0]));
  if (header)
    table.columns.assign(lines[first].begin() + (files && lines[first].size() == width ? 1 : 0), lines[first].end());
  else
    for (size_t c = 0; c < width; ++c)
      table.columns.push_back(std::to_string(c));
  size_t start = first + (header ? 1 : 0);
  table.firstLine = before + start + 1;
  for (size_t r = start; r < lines.size(); ++r) {
    Cells &cells = lines[r];
    if (cells.size() != table.columns.size() + files)
      throw UserError(path + ": line " + std::to_string(before + r + 1) + " has " + std::to_string(cells.size()) +
                      " cells, the header " + std::to_string(table.columns.size() + files));
    if (files) {
      table.files.push_back(cells[0]);
      cells.erase(cells.begin());
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

/// The numbers of the columns that stand behind the path, or of all.
std::vector<size_t> chosenColumns(const std::string &source, const Table &table) {
  std::vector<size_t> chosen;
  std::string list = source.substr(std::min(source.size(), table.path.size() + 1));
  for (const std::string &name : cellsOf(list, true)) {
    if (list.empty())
      break;
    auto column = std::find(table.columns.begin(), table.columns.end(), name);
    if (column == table.columns.end()) {
      std::string near = nearestName(name, table.columns);
      throw UserError(table.path + ": has no column " + name +
                      (near.empty() ? "; it has " + listed(table.columns, 40) : ": did you mean " + near + "?"));
    }
    chosen.push_back(size_t(column - table.columns.begin()));
  }
  for (size_t c = 0; list.empty() && c < table.columns.size(); ++c)
    chosen.push_back(c);
  return chosen;
}

float valueOf(const Table &table, size_t row, size_t column, const WantedData &wanted) {
  const std::string &cell = table.rows[row][column];
  if (cell.empty() || cell == "NA" || cell == "NaN" || cell == "nan" || cell == "?")
    table.refuse(row, column, "a value is missing");
  std::optional<double> value = number(cell);
  if (!value)
    table.refuse(row, column, "`" + cell + "` is no number; a column of categories is data of its own, categorical(k)");
  double beyond = 1e-5 * (wanted.hi - wanted.lo);
  if (*value < wanted.lo - beyond || *value > wanted.hi + beyond) {
    char text[120];
    snprintf(text, sizeof text, "%.9g lies outside the declared range [%g, %g]", *value, wanted.lo, wanted.hi);
    table.refuse(row, column, text);
  }
  return float(std::clamp(*value, wanted.lo, wanted.hi));
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
  Table table = read(tablePath(source));
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
  Table table = read(tablePath(source));
  std::vector<size_t> columns = chosenColumns(source, table);
  if (columns.size() != 1)
    throw UserError(source + ": a label is one column, and there are " + listed(table.columns, 40) + "; " + table.path +
                    ":NAME chooses it");
  bool numbers = true;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const std::string &cell = table.rows[r][columns[0]];
    if (cell.empty())
      table.refuse(r, columns[0], "a value is missing");
    std::optional<double> value = number(cell);
    numbers &= value && *value == std::floor(*value) && *value >= 0 && *value < 1e9;
    if (std::find(data.classes.begin(), data.classes.end(), cell) == data.classes.end() && data.classes.size() < 10001)
      data.classes.push_back(cell);
  }
  std::sort(data.classes.begin(), data.classes.end());
  for (const Cells &row : table.rows) {
    const std::string &cell = row[columns[0]];
    data.labels.push_back(
        numbers ? int32_t(*number(cell))
                : int32_t(std::lower_bound(data.classes.begin(), data.classes.end(), cell) - data.classes.begin()));
  }
  if (numbers)
    data.classes.clear();
  data.count = int64_t(data.labels.size());
  data.files = std::move(table.files);
  return data;
}

} // namespace ganrt
