// Chooses the reader of each source of data, and puts what they read together.
#include "runtime/data/Dataset.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Text.h"
#include "runtime/data/Arrays.h"
#include "runtime/data/Cifar.h"
#include "runtime/data/Columns.h"
#include "runtime/data/Csv.h"
#include "runtime/data/Glyphs.h"
#include "runtime/data/Idx.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/data/ImageFolder.h"
#include "runtime/data/Match.h"
#include "runtime/program/Graph.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <sstream>
#include <utility>

namespace fs = std::filesystem;

namespace ganrt {

std::string declaredName(const gan_input &input) {
  std::string name = input.name;
  return name.substr(0, name.find_first_of("@#~"));
}

const Dataset &Dataset::of(const gan_input &input) const {
  std::string wanted = others.empty() ? "" : declaredName(input);
  for (const Dataset &other : others)
    if (other.name == wanted)
      return other;
  return *this;
}

std::string DataOptions::shown() const {
  std::string text = where;
  auto add = [&](const std::string &word) { text += (text.empty() ? "" : " ") + word; };
  if (!table.empty())
    add(table);
  for (size_t i = 0; i < others.size(); ++i) {
    const NamedSource &first = others[i];
    std::string names = first.name;
    while (first.cut.of > 1 && i + 1 < others.size() && others[i + 1].cut.part)
      names += "," + others[++i].name;
    add(names + "=" + first.where + (first.cut.of > 1 ? first.cut.rows ? " split rows" : " split columns" : ""));
  }
  return text;
}

namespace {

bool isArray(const std::string &path) { return path.ends_with(".npy") || path.ends_with(".npz"); }

Dataset readSource(const DataOptions &options, Part part, const WantedData &wanted, std::string &note) {
  const std::string &where = options.where;
  if (wanted.cut.of > 1 && where.starts_with("builtin:"))
    throw UserError("--data " + where + ": only pictures of a folder are cut by `split`");
  if (where == "builtin:glyphs")
    return drawGlyphs(part, wanted, 0);
  if (where.starts_with("builtin:"))
    throw UserError("--data " + where + ": there is one built-in data set, builtin:glyphs");
  std::error_code error;
  if (std::string file = tablePath(where); !fs::exists(file, error))
    throw UserError("--data " + file + ": " + (error ? error.message() : std::string("No such file or directory")));
  for (const auto &[option, path] : {std::pair("--data ", where), {"--labels ", options.labels}})
    if (fs::is_other(path, error)) // reading might block for ever
      throw UserError(option + path + ": is a pipe, a socket or a device; files and folders are read");
  if (wanted.cut.of > 1 && (!fs::is_directory(where, error) || isCifarFolder(where) || isIdxFolder(where)))
    throw UserError("--data " + where + ": only pictures of a folder are cut by `split`");
  if (isArray(where))
    return readArrays(where, options.labels, part, wanted, note);
  if (isTable(where))
    return readTable(where, part, wanted);
  if (!fs::is_directory(where, error))
    throw UserError("--data " + where + ": is a file; folders, .npy, .npz and .csv are read");
  if (isCifarFolder(where))
    return readCifar(where, part, wanted, note);
  if (isIdxFolder(where))
    return readIdxFolder(where, part, wanted, note);
  return readImageFolder(options, part, wanted, note);
}

/// The subset `chosen` of the images, with the same store.
Dataset selected(const Dataset &data, std::vector<uint32_t> chosen) {
  Dataset out = data;
  out.count = int64_t(chosen.size());
  out.chosen = std::move(chosen);
  out.labels.clear(), out.files.clear();
  for (uint32_t &i : out.chosen) {
    if (!data.labels.empty())
      out.labels.push_back(data.labels[i]);
    if (!data.files.empty())
      out.files.push_back(data.files[i]);
  }
  for (Dataset &other : out.others)
    if (!other.unpaired)
      other = selected(other, out.chosen);
  if (!data.chosen.empty())
    for (uint32_t &i : out.chosen)
      i = data.chosen[i];
  return out;
}

/// Splits off a share of the images for testing. It is the same for every seed of a run.
Parts split(const Dataset &all, double share) {
  std::vector<uint32_t> order(size_t(all.count));
  std::iota(order.begin(), order.end(), 0u);
  DrawKey s = drawKey(0, "data.holdout");
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[indexAt(s, i, i)]);
  auto middle = order.begin() + std::lround(share * double(all.count));
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  std::vector<uint32_t> test(order.begin(), middle);
  order.erase(order.begin(), middle);
  Parts parts{selected(all, std::move(order)), selected(all, std::move(test))};
  for (size_t i = 0; i < all.others.size(); ++i)
    if (all.others[i].unpaired) {
      Parts own = split(all.others[i], share);
      parts.train.others[i] = std::move(own.train), parts.test.others[i] = std::move(own.test);
    }
  return parts;
}

/// Throws if labels that the model needs do not fit. Labels that are only compared with results are dropped if they
/// cannot be classes.
void checkLabels(Dataset &data, Part part, const WantedData &wanted, std::string &note) {
  constexpr int32_t mostClasses = 10000;
  if (!data.count || (!wanted.classes && data.labels.empty()))
    return;
  if (data.labels.empty())
    throw UserError(data.origin + ": the model needs labels and the data has none" +
                    (isArray(data.origin) ? "; --labels names a file of them" : ""));
  auto [least, most] = std::minmax_element(data.labels.begin(), data.labels.end());
  if (!wanted.classes) {
    if (*least < 0 || *most >= mostClasses)
      data.labels.clear();
    return;
  }
  std::string has = "has labels " + std::to_string(*least) + " to " + std::to_string(*most),
              declares = "the model declares " + std::to_string(wanted.classes) + " classes, 0 to " +
                         std::to_string(wanted.classes - 1);
  if (*least < 0 || *most >= wanted.classes)
    throw UserError(data.origin + ": " + has + "; " + declares +
                    (*least == 1 && *most == wanted.classes ? ": take 1 from each, or declare a class more" : ""));
  if (*most + 1 < wanted.classes && part == Part::Train)
    addNote(note, "warning: the data " + has + "; " + declares);
}

void checkAllLabels(Dataset &data, Part part, const WantedData &wanted, std::string &note) {
  checkLabels(data, part, wanted, note);
  for (const WantedData &label : wanted.others) {
    if (!label.name.empty())
      continue;
    if (data.name == label.label) // the labels stand alone
      checkLabels(data, part, label, note);
    for (Dataset &other : data.others)
      if (other.name == label.label)
        checkLabels(other, part, label, note);
  }
}

} // namespace

static void checkOptions(const DataOptions &options) {
  if (!(options.holdout >= 0 && options.holdout < 1)) // may come from a run's configuration, which has no range
    throw UserError("--holdout must be a share from 0 to less than 1");
  if (options.onCorrupt != "skip" && options.onCorrupt != "stop")
    throw UserError("--on-corrupt is skip or stop, not " + options.onCorrupt);
  if (!options.labels.empty() && !isArray(options.where))
    throw UserError("--labels " + options.labels + ": goes with --data FILE.npy or FILE.npz, not with " +
                    options.where);
}

/// Gives each part half of the memory, which its declarations share.
static WantedData withMemory(WantedData wanted, const DataOptions &options) {
  size_t each = (options.memory ? size_t(options.memory) << 20 : usualDataMemory()) / 2 / (1 + wanted.others.size());
  wanted.memory = each;
  for (WantedData &other : wanted.others)
    other.memory = each;
  return wanted;
}

/// Throws unless each source is that of a declaration.
static void checkNames(const DataOptions &options, const WantedData &wanted) {
  for (const NamedSource &given : options.others)
    if (std::find(wanted.declared.begin(), wanted.declared.end(), given.name) == wanted.declared.end())
      throw UserError("--data " + given.name + "=" + given.where + ": the model declares no data " + given.name +
                      "; it has " + listed(wanted.declared, wanted.declared.size()));
}

/// Finds the source of each declaration that is wanted, and checks that there is one and that none is left over.
/// Afterwards each declaration but the first has a source in `options.others`, the first in `options.where`.
static void findSources(DataOptions &options, WantedData &wanted) {
  checkNames(options, wanted);
  auto named = [&](const std::string &name) {
    return std::find_if(options.others.begin(), options.others.end(),
                        [&](const NamedSource &given) { return given.name == name && !name.empty(); });
  };
  bool bound = !wanted.columns.empty() || std::any_of(wanted.others.begin(), wanted.others.end(),
                                                      [](const WantedData &other) { return !other.columns.empty(); });
  if (bound && options.table.empty() && isTable(options.where))
    options.table = std::exchange(options.where, "");
  if (named(wanted.label) != options.others.end()) { // labels of their own source
    WantedData label;
    label.classes = wanted.classes, label.label = wanted.label;
    wanted.others.push_back(label);
    wanted.classes = 0, wanted.label = "";
  }
  std::string unnamed = std::exchange(options.where, ""); // of the first declaration that is not bound to columns
  auto sourceOf = [&](const WantedData &declared) -> NamedSource {
    const std::string &name = declared.declaration();
    if (auto own = named(name); own != options.others.end())
      return *own;
    if (!declared.columns.empty() && !options.table.empty())
      return {name, options.table};
    if (!declared.columns.empty())
      throw UserError("the model binds data " + name + " to columns of a table: --data TABLE.csv tells where it is");
    if (unnamed.empty())
      throw UserError("the model declares data " + name + ": --data " + name + "=SOURCE tells where it is");
    return {name, std::exchange(unnamed, "")};
  };
  std::vector<NamedSource> sources;
  if (!wanted.name.empty()) {
    NamedSource own = sourceOf(wanted);
    options.where = own.where, wanted.cut = own.cut;
  } else {
    options.where = std::exchange(unnamed, "");
  }
  for (WantedData &other : wanted.others) {
    sources.push_back(sourceOf(other));
    other.cut = sources.back().cut;
  }
  options.others = std::move(sources);
}

/// The columns of tables that declarations are bound to; each table is read once.
class BoundColumns {
public:
  BoundColumns(const DataOptions &options, Part part, std::string &note) : options(options), part(part), note(note) {}
  Dataset read(const std::string &source, const WantedData &wanted) {
    if (!isTable(source))
      throw UserError("--data " + source + ": the model binds data " + wanted.declaration() + " to column " +
                      listed(wanted.columns) + " of a table, a .csv or .txt");
    std::string path = tablePath(source);
    std::error_code error;
    if (!fs::exists(path, error))
      throw UserError("--data " + path + ": No such file or directory");
    if (part == Part::Test) // a table has none
      return {};
    if (!tables.contains(path))
      tables[path] = readTableFile(path);
    return readColumns(tables[path], wanted, options.scheme, note);
  }

private:
  const DataOptions &options;
  Part part;
  std::string &note;
  std::map<std::string, Table> tables;
};

/// Reads the data of all declarations and brings their samples together.
static Dataset readTogether(const DataOptions &options, Part part, WantedData wanted, std::string &note) {
  std::vector<WantedData> further = std::move(wanted.others);
  wanted.others.clear();
  wanted.files |= !further.empty(); // by which samples of folders are matched
  BoundColumns bound(options, part, note);
  auto read = [&](const DataOptions &own, const WantedData &declared) {
    return !declared.columns.empty() ? bound.read(own.where, declared)
           : !declared.name.empty()  ? readSource(own, part, declared, note)
           : isTable(own.where)      ? readTableLabels(own.where, part)
                                     : readLabelFile(own.where, part, declared);
  };
  bool alone = wanted.name.empty() && options.where.empty(); // there are only labels, each of its own source
  Dataset data = alone                    ? Dataset()
                 : wanted.columns.empty() ? readSource(options, part, wanted, note)
                                          : bound.read(options.where, wanted);
  data.name = wanted.name;
  for (size_t i = 0; i < further.size(); ++i) {
    WantedData &other = further[i];
    DataOptions own = options;
    own.labels.clear();
    own.where = options.others[i].where;
    other.files = true;
    Dataset found = read(own, other);
    found.name = other.declaration();
    if (alone) {
      alone = false;
      data = std::move(found);
      continue;
    }
    bool sameTable = !data.header.empty() && !found.header.empty() && data.origin == found.origin;
    if (options.unpaired && !sameTable)
      found.unpaired = true;
    else if (data.count && found.count && !sameTable)
      match(data, found, note);
    data.others.push_back(std::move(found));
  }
  bool lacks = std::any_of(data.others.begin(), data.others.end(), [](const Dataset &o) { return o.count == 0; });
  if (part == Part::Test && lacks)
    return {}; // a part that not all of them have
  return data;
}

static bool isWarning(const std::string &line) { return line.starts_with("warning: "); }

/// Adds only the warnings of the second part, because its other notes repeat those of the first.
static void addWarnings(std::string &note, const std::string &second) {
  std::istringstream lines(second);
  for (std::string line; std::getline(lines, line);)
    if (isWarning(line) && note.find(line) == std::string::npos)
      addNote(note, line);
}

void tellNotes(const std::string &note, bool warningsAlone) {
  std::istringstream lines(note);
  for (std::string line; std::getline(lines, line);)
    if (!warningsAlone || isWarning(line))
      fprintf(stderr, "%s\n", printable(line).c_str());
}

Parts loadParts(const DataOptions &given, const WantedData &asked, std::string &note) {
  DataOptions options = given;
  WantedData wanted = asked;
  findSources(options, wanted);
  checkOptions(options);
  wanted = withMemory(wanted, options);
  std::string ofTest;
  Parts parts{readTogether(options, Part::Train, wanted, note), {}};
  DataOptions forTest = options;
  if (!parts.train.classes.empty()) // both parts must number the classes in the same way
    forTest.classes = parts.train.classes;
  parts.test = readTogether(forTest, Part::Test, wanted, ofTest);
  if (options.holdout > 0 && parts.test.count)
    addNote(note, "the data has a test part: --holdout is not used");
  else if (options.holdout > 0)
    parts = split(parts.train, options.holdout);
  checkAllLabels(parts.train, Part::Train, wanted, note);
  checkAllLabels(parts.test, Part::Test, wanted, ofTest);
  addWarnings(note, ofTest);
  if (options.standardize)
    standardize(parts.train, parts.test, wanted, options.scheme, note);
  else
    standardizeAs(parts.train, options.scheme), standardizeAs(parts.test, options.scheme);
  return parts;
}

Dataset loadData(const DataOptions &given, Part part, const WantedData &asked, std::string &note) {
  if (given.holdout > 0) {
    Parts parts = loadParts(given, asked, note);
    return part == Part::Train ? std::move(parts.train) : std::move(parts.test);
  }
  DataOptions options = given;
  WantedData wanted = asked;
  findSources(options, wanted);
  checkOptions(options);
  wanted = withMemory(wanted, options);
  Dataset data = readTogether(options, part, wanted, note);
  checkAllLabels(data, part, wanted, note);
  standardizeAs(data, options.scheme);
  return data;
}

Dataset emptyDataset(const WantedData &wanted, bool floats) {
  Dataset data;
  data.channels = wanted.channels, data.height = wanted.height, data.width = wanted.width;
  data.floats = floats, data.lo = wanted.lo, data.hi = wanted.hi;
  data.store = std::make_shared<ImageStore>(data.storedBytes(), wanted.memory);
  return data;
}

} // namespace ganrt
