// Tells what data a model needs, chooses the reader of a source, and converts images to numbers.
#include "runtime/data/Dataset.h"
#include "runtime/base/Bytes.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Text.h"
#include "runtime/data/Arrays.h"
#include "runtime/data/Cifar.h"
#include "runtime/data/Glyphs.h"
#include "runtime/data/Idx.h"
#include "runtime/data/ImageFolder.h"
#include "runtime/program/Graph.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <sstream>

namespace fs = std::filesystem;

namespace ganrt {

WantedData wantedData(const gan_program &program, const gan_graph &graph) {
  WantedData wanted;
  if (const gan_graph *evaluation = findGraph(program, GAN_GRAPH_EVALUATE))
    for (uint32_t i = 0; i < evaluation->num_observations; ++i)
      wanted.compare |= evaluation->observations[i].kind == GAN_OBSERVE_CODE;
  for (uint32_t i = 0; i < graph.num_inputs; ++i) {
    const gan_layout &l = graph.inputs[i].layout;
    if (graph.inputs[i].kind == GAN_INPUT_IMAGE)
      wanted = {l.shape[1],     l.shape[2],     l.shape[3],         false,
                wanted.classes, wanted.compare, graph.inputs[i].lo, graph.inputs[i].hi};
    else if (graph.inputs[i].kind == GAN_INPUT_VECTOR)
      wanted = {1, 1, l.shape[1], true, wanted.classes, wanted.compare, graph.inputs[i].lo, graph.inputs[i].hi};
    else if (graph.inputs[i].kind == GAN_INPUT_LABEL)
      wanted.classes = l.shape[1];
  }
  return wanted;
}

namespace {

bool isArray(const std::string &path) { return path.ends_with(".npy") || path.ends_with(".npz"); }

Dataset readSource(const DataOptions &options, Part part, const WantedData &wanted, std::string &note) {
  const std::string &where = options.where;
  if (where == "builtin:glyphs")
    return drawGlyphs(part, wanted, 0);
  if (where.starts_with("builtin:"))
    throw UserError("--data " + where + ": there is one built-in data set, builtin:glyphs");
  std::error_code error;
  if (!fs::exists(where, error))
    throw UserError("--data " + where + ": " + (error ? error.message() : std::string("No such file or directory")));
  for (const auto &[option, path] : {std::pair("--data ", where), {"--labels ", options.labels}})
    if (fs::is_other(path, error)) // reading might block for ever
      throw UserError(option + path + ": is a pipe, a socket or a device; files and folders are read");
  if (isArray(where))
    return readArrays(where, options.labels, part, wanted, note);
  if (!fs::is_directory(where, error))
    throw UserError("--data " + where + ": is a file; folders, .npy and .npz are read");
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
  for (uint32_t i : out.chosen) {
    if (!data.labels.empty())
      out.labels.push_back(data.labels[i]);
    if (!data.files.empty())
      out.files.push_back(data.files[i]);
  }
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
  return {selected(all, std::move(order)), selected(all, std::move(test))};
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

/// Gives each part half of the memory.
static WantedData withMemory(WantedData wanted, const DataOptions &options) {
  wanted.memory = (options.memory ? size_t(options.memory) << 20 : usualDataMemory()) / 2;
  return wanted;
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

Parts loadParts(const DataOptions &options, const WantedData &given, std::string &note) {
  checkOptions(options);
  WantedData wanted = withMemory(given, options);
  std::string ofTest;
  Parts parts{readSource(options, Part::Train, wanted, note), {}};
  DataOptions forTest = options;
  if (!parts.train.classes.empty()) // both parts must number the classes in the same way
    forTest.classes = parts.train.classes;
  parts.test = readSource(forTest, Part::Test, wanted, ofTest);
  if (options.holdout > 0 && parts.test.count)
    addNote(note, "the data has a test part: --holdout is not used");
  else if (options.holdout > 0)
    parts = split(parts.train, options.holdout);
  checkLabels(parts.train, Part::Train, wanted, note);
  checkLabels(parts.test, Part::Test, wanted, ofTest);
  addWarnings(note, ofTest);
  return parts;
}

Dataset loadData(const DataOptions &options, Part part, const WantedData &given, std::string &note) {
  if (options.holdout > 0) {
    Parts parts = loadParts(options, given, note);
    return part == Part::Train ? std::move(parts.train) : std::move(parts.test);
  }
  checkOptions(options);
  WantedData wanted = withMemory(given, options);
  Dataset data = readSource(options, part, wanted, note);
  checkLabels(data, part, wanted, note);
  return data;
}

Dataset emptyDataset(const WantedData &wanted, bool floats) {
  Dataset data;
  data.channels = wanted.channels, data.height = wanted.height, data.width = wanted.width;
  data.floats = floats, data.lo = wanted.lo, data.hi = wanted.hi;
  data.store = std::make_shared<ImageStore>(data.storedBytes(), wanted.memory);
  return data;
}

void flipImage(const Dataset &data, float *image) {
  for (int64_t y = 0; y < data.height; ++y)
    for (int64_t x = 0; x < data.width / 2; ++x)
      std::swap_ranges(image + (y * data.width + x) * data.channels, image + (y * data.width + x + 1) * data.channels,
                       image + (y * data.width + data.width - 1 - x) * data.channels);
}

/// Rounds `x` to so few bits that its product with a byte is exact in a float.
static float leading(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  return float(std::ldexp(std::round(std::ldexp(mantissa, 16)), exponent - 16));
}

Scale::Scale(double lo, double hi)
    : slope(leading((hi - lo) / 255)), rest(float((hi - lo) / 255 - double(slope))), start(float(lo)), formula(true) {
  for (size_t byte = 0; byte < of.size(); ++byte) {
    of[byte] = float(lo + (hi - lo) * (double(byte) / 255.0));
    formula &= of[byte] == slope * float(byte) + start + rest * float(byte);
  }
}

/// This loop stands alone so that the compiler vectorises it.
static void applyFormula(const uint8_t *bytes, size_t count, float slope, float rest, float start, float *out) {
  for (size_t k = 0; k < count; ++k)
    out[k] = slope * float(bytes[k]) + start + rest * float(bytes[k]);
}

void Scale::apply(const uint8_t *bytes, size_t count, float *out) const {
  if (formula)
    return applyFormula(bytes, count, slope, rest, start, out);
  for (size_t k = 0; k < count; ++k)
    out[k] = of[bytes[k]];
}

void scaleImage(const Dataset &data, const uint8_t *image, const Scale &scale, float *out) {
  if (data.floats)
    memcpy(out, image, data.storedBytes());
  else
    scale.apply(image, size_t(data.imageBytes()), out);
}

void scaledImage(const Dataset &data, int64_t i, const Scale &scale, float *out) {
  std::vector<uint8_t> buffer;
  scaleImage(data, data.view(i, buffer), scale, out);
}

std::vector<uint8_t> imageBytes(const Dataset &data, int64_t i) {
  std::vector<uint8_t> buffer;
  const uint8_t *in = data.view(i, buffer);
  size_t each = size_t(data.imageBytes());
  if (!data.floats)
    return {in, in + each};
  std::vector<float> values(each);
  memcpy(values.data(), in, each * sizeof(float));
  return toBytes(values.data(), each, data.lo, data.hi);
}

} // namespace ganrt
