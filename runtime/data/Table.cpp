#include "runtime/data/Table.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/data/ImageFiles.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ganrt {
namespace {

bool hasNumbersAlone(const Words &cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string &c) { return numberIn(c).has_value(); });
}

bool isMissing(const std::string &cell) {
  return cell.empty() || cell == "NA" || cell == "NaN" || cell == "nan" || cell == "?";
}

/// Whether a column of this name holds the files that rows belong to.
bool namesFiles(const std::string &column) {
  static const Words known = {"file", "files", "filename", "file_name", "image", "image_id", "image_name", "path"};
  std::string lower = column;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return std::find(known.begin(), known.end(), lower) != known.end();
}

/// The lines that hold something, each with its number.
struct Lines {
  std::vector<Words> cells;
  std::vector<size_t> numbers;
};

Lines linesOf(const std::string &path, bool commas) {
  std::string text = readWholeFile(path);
  Lines lines;
  size_t number = 0;
  for (size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r'))
      line.pop_back();
    if (line.find_first_not_of(" \t,") == std::string::npos)
      continue;
    lines.cells.push_back(cellsOf(line, commas));
    lines.numbers.push_back(number);
  }
  return lines;
}

} // namespace

Words cellsOf(const std::string &line, bool commas) {
  Words cells;
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

std::optional<double> numberIn(const std::string &cell) {
  double value = 0;
  const char *first = cell.data() + (cell.starts_with('+') ? 1 : 0), *last = cell.data() + cell.size();
  auto [end, error] = std::from_chars(first, last, value);
  return error == std::errc() && end == last && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void Table::refuse(size_t row, size_t column, const std::string &why) const {
  throw UserError(path + ": line " + std::to_string(lines[row]) + ", column " + columns[column] + ": " + why);
}

size_t Table::columnNamed(const std::string &name, const std::string &reader) const {
  auto column = std::find(columns.begin(), columns.end(), name);
  if (column != columns.end())
    return size_t(column - columns.begin());
  std::string near = nearestName(name, columns);
  throw UserError(path + ": has no column " + name + reader +
                  (near.empty() ? "; it has " + listed(columns, 40) : ": did you mean " + near + "?"));
}

void Table::expectValue(size_t row, size_t column) const {
  if (!isMissing(rows[row][column]))
    return;
  int64_t all = std::count_if(rows.begin(), rows.end(), [&](const Words &cells) { return isMissing(cells[column]); });
  std::string others = all > 1 ? ", and " + std::to_string(all - 1) + " more in this column" : "";
  refuse(row, column, "a value is missing" + others + ": fill the cell, or leave the row out");
}

Table readTableFile(const std::string &path) {
  Table table;
  table.path = path;
  Lines lines = linesOf(path, path.ends_with(".csv"));
  size_t first = 0;
  if (lines.cells.size() > 2 && lines.cells[0].size() == 1 && lines.cells[1].size() > 1)
    first = 1; // CelebA's lists start with how many rows follow
  if (lines.cells.size() <= first)
    throw UserError(path + ": holds no rows");
  const Words &head = lines.cells[first];
  bool header = !hasNumbersAlone(head);
  size_t width = lines.cells.back().size();
  bool files = header && (head.size() + 1 == width || namesFiles(head[0]));
  if (header)
    table.columns.assign(head.begin() + (files && head.size() == width ? 1 : 0), head.end());
  else
    for (size_t c = 0; c < width; ++c)
      table.columns.push_back(std::to_string(c));
  for (size_t r = first + (header ? 1 : 0); r < lines.cells.size(); ++r) {
    Words &cells = lines.cells[r];
    if (cells.size() != table.columns.size() + files)
      throw UserError(path + ": line " + std::to_string(lines.numbers[r]) + " has " + std::to_string(cells.size()) +
                      " cells, the header " + std::to_string(table.columns.size() + files));
    if (files) {
      table.files.push_back(cells[0]);
      cells.erase(cells.begin());
    }
    table.rows.push_back(std::move(cells));
    table.lines.push_back(lines.numbers[r]);
  }
  return table;
}

} // namespace ganrt
