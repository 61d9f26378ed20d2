#include "runtime/data/Columns.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/data/ImageFiles.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace ganrt {
namespace {

size_t columnOf(const Table &table, const WantedData &wanted, size_t k) {
  return table.columnNamed(wanted.columns[k], ", to which the model binds data " + wanted.declaration());
}

/// Whether this is how a whole number below `count` is written.
bool isNumberBelow(const std::string &cell, int64_t count) {
  std::optional<double> value = numberIn(cell);
  return value && *value >= 0 && *value < double(count) && cell == std::to_string(int64_t(*value));
}

/// The categories of a column by their numbers.
Words categoriesOf(const Table &table, size_t column, const WantedData &wanted) {
  std::set<std::string> names;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    table.expectValue(r, column);
    names.insert(table.rows[r][column]);
  }
  Words all(names.begin(), names.end());
  if (std::all_of(all.begin(), all.end(), [&](const auto &cell) { return isNumberBelow(cell, wanted.classes); })) {
    all.clear();
    for (int64_t i = 0; i < wanted.classes; ++i)
      all.push_back(std::to_string(i));
  } else if (std::all_of(all.begin(), all.end(), [](const auto &cell) { return numberIn(cell).has_value(); })) {
    std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return *numberIn(a) < *numberIn(b); });
  }
  return all;
}

/// The place of the first cell that is one category more than the model has.
std::string firstTooMany(const Table &table, size_t column, int64_t most) {
  std::set<std::string> seen;
  for (size_t r = 0; r < table.rows.size(); ++r)
    if (seen.insert(table.rows[r][column]).second && int64_t(seen.size()) > most)
      return table.rows[r][column] + " in line " + std::to_string(table.lines[r]) + " is one more";
  return "";
}

Dataset readCategories(const Table &table, const WantedData &wanted, const TableScheme &known, std::string &note) {
  Dataset data;
  size_t column = columnOf(table, wanted, 0);
  const std::string &name = wanted.declaration();
  auto fixed = known.categories.find(name);
  data.classes = fixed != known.categories.end() ? fixed->second : categoriesOf(table, column, wanted);
  auto count = int64_t(data.classes.size());
  std::string has = table.path + ": column " + table.columns[column] + " has " + std::to_string(count) +
                    " categories (" + listed(data.classes, 12) + ")",
              declares = ", the model declares categorical(" + std::to_string(wanted.classes) + ")";
  if (count > wanted.classes)
    throw UserError(has + declares + "; " + firstTooMany(table, column, wanted.classes) + ": declare data " + name +
                    ": categorical(" + std::to_string(count) + "), or join some");
  if (count < wanted.classes)
    addNote(note, "warning: " + has + declares);
  for (size_t r = 0; r < table.rows.size(); ++r) {
    table.expectValue(r, column);
    const std::string &cell = table.rows[r][column];
    auto at = std::find(data.classes.begin(), data.classes.end(), cell);
    if (at == data.classes.end()) {
      std::string near = nearestName(cell, data.classes);
      table.refuse(r, column,
                   "there is no category " + cell + " in what the model was trained on" +
                       (near.empty() ? "; it has " + listed(data.classes, 40) : ": did you mean " + near + "?"));
    }
    data.labels.push_back(int32_t(at - data.classes.begin()));
  }
  return data;
}

Dataset readNumbers(const Table &table, const WantedData &wanted) {
  Dataset data = emptyDataset(wanted, true);
  std::vector<size_t> columns;
  for (size_t k = 0; k < wanted.columns.size(); ++k)
    columns.push_back(columnOf(table, wanted, k));
  std::vector<float> row(columns.size());
  for (size_t r = 0; r < table.rows.size(); ++r) {
    for (size_t k = 0; k < columns.size(); ++k)
      row[k] = valueOf(table, r, columns[k], wanted);
    data.store->append(row.data());
  }
  return data;
}

/// Mean and deviation (over the count) of each number; a deviation of 1 where all are the same.
Standard standardOf(const Dataset &data) {
  auto size = size_t(data.imageBytes());
  Standard out{std::vector<double>(size), std::vector<double>(size)};
  std::vector<uint8_t> buffer;
  auto eachNumber = [&](auto take) {
    for (int64_t i = 0; i < data.count; ++i) {
      const auto *row = reinterpret_cast<const float *>(data.view(i, buffer));
      for (size_t k = 0; k < size; ++k)
        take(k, double(row[k]));
    }
  };
  std::vector<double> least(size, std::numeric_limits<double>::infinity()), most(size, -least[0]);
  eachNumber([&](size_t k, double v) {
    out.mean[k] += v;
    least[k] = std::min(least[k], v), most[k] = std::max(most[k], v);
  });
  for (size_t k = 0; k < size; ++k)
    out.mean[k] = least[k] == most[k] ? least[k] : out.mean[k] / double(data.count);
  eachNumber([&](size_t k, double v) { out.deviation[k] += (v - out.mean[k]) * (v - out.mean[k]); });
  for (double &d : out.deviation)
    d = d > 0 ? std::sqrt(d / double(data.count)) : 1;
  return out;
}

template <class Function> void each(Dataset &data, Function function) {
  function(data);
  for (Dataset &other : data.others)
    function(other);
}

} // namespace

float valueOf(const Table &table, size_t row, size_t column, const WantedData &wanted) {
  const std::string &cell = table.rows[row][column];
  table.expectValue(row, column);
  std::optional<double> value = numberIn(cell);
  if (!value)
    table.refuse(row, column, "`" + cell + "` is no number; a column of categories is data of its own, categorical(k)");
  double beyond = std::isfinite(wanted.hi - wanted.lo) ? 1e-5 * (wanted.hi - wanted.lo) : 0;
  if (*value < wanted.lo - beyond || *value > wanted.hi + beyond) {
    char text[120];
    snprintf(text, sizeof text, "%.9g lies outside the declared range [%g, %g]", *value, wanted.lo, wanted.hi);
    table.refuse(row, column, text);
  }
  return float(std::clamp(*value, wanted.lo, wanted.hi));
}

Dataset readColumns(const Table &table, const WantedData &wanted, const TableScheme &known, std::string &note) {
  Dataset data = wanted.vector ? readNumbers(table, wanted) : readCategories(table, wanted, known, note);
  data.count = int64_t(table.rows.size());
  data.files = table.files;
  data.header = table.columns;
  data.origin = table.path;
  return data;
}

TableScheme schemeOf(const Dataset &data) {
  TableScheme scheme;
  auto add = [&](const Dataset &d) {
    if (d.header.empty())
      return;
    scheme.header = d.header;
    if (!d.classes.empty())
      scheme.categories[d.name] = d.classes;
    if (d.standard)
      scheme.standards[d.name] = *d.standard;
  };
  add(data);
  for (const Dataset &other : data.others)
    add(other);
  return scheme;
}

Json jsonOf(const TableScheme &scheme) {
  Json out{{"header", scheme.header}, {"categories", Json::object()}, {"standards", Json::object()}};
  for (const auto &[name, categories] : scheme.categories)
    out["categories"][name] = categories;
  for (const auto &[name, standard] : scheme.standards)
    out["standards"][name] = {{"mean", standard.mean}, {"deviation", standard.deviation}};
  return out;
}

TableScheme schemeOf(const std::string &path, const Json &json) {
  TableScheme scheme;
  try {
    scheme.header = json.at("header").get<Words>();
    for (const auto &[name, categories] : json.at("categories").items())
      scheme.categories[name] = categories.get<Words>();
    for (const auto &[name, standard] : json.at("standards").items())
      scheme.standards[name] = {standard.at("mean").get<std::vector<double>>(),
                                standard.at("deviation").get<std::vector<double>>()};
  } catch (const Json::exception &) {
    throw UserError(path + ": its metadata on the table of the run does not parse");
  }
  for (const auto &[name, standard] : scheme.standards)
    if (standard.mean.size() != standard.deviation.size())
      throw UserError(path + ": its metadata on the table of the run does not fit itself: " + name);
  return scheme;
}

void standardizeAs(Dataset &data, const TableScheme &known) {
  each(data, [&](Dataset &d) {
    auto standard = known.standards.find(d.name);
    if (standard == known.standards.end() || d.header.empty())
      return;
    if (standard->second.mean.size() != size_t(d.imageBytes()))
      throw UserError("the run standardised " + std::to_string(standard->second.mean.size()) + " numbers of " + d.name +
                      ", the model declares " + std::to_string(d.imageBytes()));
    d.standard = standard->second;
  });
}

void standardize(Dataset &train, Dataset &test, const WantedData &wanted, const TableScheme &known, std::string &note) {
  TableScheme scheme = known;
  auto isRanged = [&](const std::string &name) {
    auto ranged = [&](const WantedData &w) { return w.name == name && std::isfinite(w.hi - w.lo); };
    return ranged(wanted) || std::any_of(wanted.others.begin(), wanted.others.end(), ranged);
  };
  Words kept;
  if (known.standards.empty())
    each(train, [&](Dataset &d) {
      if (d.header.empty() || !d.store)
        return;
      if (isRanged(d.name))
        kept.push_back(d.name);
      else
        scheme.standards[d.name] = standardOf(d);
    });
  if (!kept.empty())
    addNote(note, "not standardised, because the model declares their range: " + listed(kept, kept.size()));
  if (scheme.standards.empty())
    throw UserError("--standardize: the model binds no numbers to columns of a table without a range: "
                    "`data age: vector(1) from \"age\"`");
  standardizeAs(train, scheme);
  standardizeAs(test, scheme);
}

} // namespace ganrt
