#include "runtime/generate/SampleQuality.h"
#include "runtime/base/Error.h"
#include "runtime/generate/Features.h"
#include "runtime/generate/Generate.h"
#include "runtime/generate/LinearClassifier.h"
#include "runtime/generate/TableRows.h"
#include "runtime/program/Layout.h"

#include <algorithm>

namespace ganrt {
namespace {

constexpr int64_t fewest = 10; ///< points of which one can speak as of a distribution

WantedData wantedOf(const gan_program &program) { return wantedData(program, *findGraph(program, GAN_GRAPH_TRAIN)); }

/// The data of a declaration; null if it is not there.
const Dataset *named(const Dataset &data, const std::string &name) {
  if (data.name == name)
    return &data;
  for (const Dataset &other : data.others)
    if (other.name == name)
      return &other;
  return nullptr;
}

/// The labels of a declaration, or of any if `name` is ""; null if there are none that belong to the samples.
const std::vector<int32_t> *labelsOf(const gan_program &program, const Dataset &data, const std::string &name) {
  bool own = name.empty() || wantedOf(program).label == name || data.name == name;
  if (own && !data.labels.empty())
    return &data.labels;
  for (const Dataset &other : data.others)
    if (!other.unpaired && !other.labels.empty() && (name.empty() || other.name == name))
      return &other.labels;
  return nullptr;
}

std::vector<int32_t> first(const std::vector<int32_t> &labels, int64_t count) {
  return {labels.begin(), labels.begin() + count};
}

/// Samples, and the data that they are held against, as points of one space.
class Space {
public:
  Space(const Session &session, const Dataset &data) : session(session) {
    const gan_program &program = session.program;
    const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
    if (!table)
      return;
    for (const auto &[shown, declared] : TableRows(program, *table, {}).bound())
      if (named(data, declared))
        columns.emplace_back(shown, declared);
    known = !columns.empty() || samplesData(program, data);
  }
  /// Whether samples and data are points of one space.
  explicit operator bool() const { return known; }

  /// Samples, and beside them the classes of the input that they are made by, if one is given.
  Points samples(int64_t count, std::optional<uint32_t> classes = std::nullopt,
                 std::vector<int32_t> *labels = {}) const {
    Generator generator(session, *findGraph(session.program, GAN_GRAPH_SAMPLE), !columns.empty());
    if (classes)
      generator.alsoShow(*classes);
    runSamples(generator, count, {});
    for (int64_t i = 0; classes && i < count; ++i) {
      const Array &array = generator.shown.back().array;
      auto row = array.numbers.begin() + i * array.shape[1];
      labels->push_back(int32_t(std::max_element(row, row + array.shape[1]) - row));
    }
    if (columns.empty())
      return joined(count, {&generator.shown.at(0).array.numbers});
    std::vector<const std::vector<float> *> parts;
    for (const auto &[shown, declared] : columns)
      for (const Shown &s : generator.shown)
        if (s.array.name == shown && s.kind == GAN_OBSERVE_VALUE)
          parts.push_back(&s.array.numbers);
    return joined(count, parts);
  }

  Points dataPoints(const Dataset &data, int64_t count) const {
    if (columns.empty())
      return pointsOf(session.program, data, 0, count);
    std::vector<std::vector<float>> values;
    std::vector<const std::vector<float> *> parts;
    for (const auto &[shown, declared] : columns)
      values.push_back(column(*named(data, declared), shown, count));
    for (const std::vector<float> &v : values)
      parts.push_back(&v);
    return joined(count, parts);
  }

private:
  /// The numbers of a declaration, or a one for each category.
  std::vector<float> column(const Dataset &data, const std::string &shown, int64_t count) const {
    std::vector<float> out;
    if (data.store) {
      out.resize(size_t(count * data.imageBytes()));
      for (int64_t i = 0; i < count; ++i)
        scaledImage(data, i, Scale(0, 1), out.data() + i * data.imageBytes());
      return out;
    }
    const gan_graph &table = *findGraph(session.program, GAN_GRAPH_SAMPLE);
    const gan_observation *value =
        std::find_if(table.observations, table.observations + table.num_observations,
                     [&](const gan_observation &o) { return o.kind == GAN_OBSERVE_VALUE && shown == o.name; });
    auto classes = int64_t(elementsOf(value->layout)) / value->layout.shape[0];
    out.resize(size_t(count * classes));
    for (int64_t i = 0; i < count; ++i)
      out[size_t(i * classes + data.labels[size_t(i)])] = 1;
    return out;
  }

  static Points joined(int64_t count, const std::vector<const std::vector<float> *> &parts) {
    Points out{size_t(count), 0, {}};
    for (const std::vector<float> *part : parts)
      out.size += part->size() / size_t(count);
    for (size_t i = 0; i < size_t(count); ++i)
      for (const std::vector<float> *part : parts) {
        size_t each = part->size() / size_t(count);
        out.values.insert(out.values.end(), part->begin() + int64_t(i * each), part->begin() + int64_t((i + 1) * each));
      }
    return out;
  }

  const Session &session;
  std::vector<std::pair<std::string, std::string>> columns; ///< of a table: values and the data that they stand for
  bool known = false;
};

std::vector<int64_t> countsOf(const std::vector<int32_t> &labels, size_t classes) {
  std::vector<int64_t> out(classes);
  for (int32_t label : labels)
    ++out[size_t(label)];
  return out;
}

/// The label by whose classes the sample graph makes samples; nothing if it draws none.
std::optional<uint32_t> condition(const gan_program &program, const Dataset &data) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_SAMPLE);
  const gan_graph &train = *findGraph(program, GAN_GRAPH_TRAIN);
  for (uint32_t i = 0; i < table.num_inputs; ++i) {
    std::string name = table.inputs[i].name;
    bool isLabel = std::any_of(train.inputs, train.inputs + train.num_inputs, [&](const gan_input &input) {
      return input.kind == GAN_INPUT_LABEL && declaredName(input) == name;
    });
    if (table.inputs[i].kind == GAN_INPUT_CATEGORICAL && isLabel && labelsOf(program, data, name))
      return i;
  }
  return std::nullopt;
}

/// Adds what a classifier learns from samples with their classes, in the space that `seen` maps points to.
template <class Seen>
void addScore(const Session &session, const Space &space, const QualityOf &what, int64_t count,
              const std::string &suffix, Seen seen, Json &values) {
  std::optional<uint32_t> input = condition(session.program, what.data);
  if (!input)
    return;
  const gan_input &drawn = findGraph(session.program, GAN_GRAPH_SAMPLE)->inputs[*input];
  size_t classes = sizeOf(drawn);
  int64_t tested = std::min<int64_t>(what.data.count, 2000);
  std::vector<int32_t> made, truth = first(*labelsOf(session.program, what.data, drawn.name), tested);
  Points own = seen(space.samples(count, input, &made)), test = seen(space.dataPoints(what.data, tested));
  values["cas" + suffix] = LinearClassifier(own, made, classes).accuracy(test, truth);
  const std::vector<int32_t> *labels = what.train ? labelsOf(session.program, *what.train, drawn.name) : nullptr;
  if (!labels || what.train->count < fewest)
    return;
  int64_t learned = std::min(count, what.train->count);
  Points real = seen(space.dataPoints(*what.train, learned));
  values["cas.real" + suffix] = LinearClassifier(real, first(*labels, learned), classes).accuracy(test, truth);
}

/// Adds how many samples and images a linear classifier of labelled training data finds in each class.
void addClasses(const gan_program &program, const Space &space, const QualityOf &what, const Points &own,
                const Points &data, Json &values) {
  const std::vector<int32_t> *labels = what.train ? labelsOf(program, *what.train, "") : nullptr;
  if (!labels || what.train->count < fewest)
    return;
  int64_t learned = std::min<int64_t>(what.train->count, 1000);
  size_t classes = size_t(*std::max_element(labels->begin(), labels->end())) + 1;
  LinearClassifier classifier(space.dataPoints(*what.train, learned), first(*labels, learned), classes);
  values["classes.samples"] = countsOf(classifier.classesOf(own), classes);
  values["classes.data"] = countsOf(classifier.classesOf(data), classes);
}

} // namespace

Json sampleQuality(const Session &session, const QualityOf &what) {
  const gan_program &program = session.program;
  Json values = Json::object();
  Space space(session, what.data);
  if (!what.features.empty() && !space)
    throw UserError("--features " + what.features + ": the model makes no samples in the shape of the data");
  int64_t count = std::min(what.count, what.data.count);
  if (!space || count < fewest)
    return values;
  Points own = space.samples(count), data = space.dataPoints(what.data, count);
  std::vector<FeatureBlock> blocks = classifiers(program, own.size);
  for (const FeatureBlock &block : blocks) {
    std::string name = std::string("classes.") + program.blocks[block.table->block].name;
    values[name + ".samples"] = classesOf(session, block, own);
    values[name + ".data"] = classesOf(session, block, data);
  }
  if (blocks.empty())
    addClasses(program, space, what, own, data, values);
  auto same = [](Points points) { return points; };
  addScore(session, space, what, count, "", same, values);
  addComparison(own, data, "", values);
  if (what.features.empty())
    return values;
  FeatureBlock block = featureBlock(program, what.features, own.size);
  auto features = [&](const Points &points) { return featuresOf(session, block, points); };
  addScore(session, space, what, count, "." + what.features, features, values);
  addComparison(features(own), features(data), "." + what.features, values);
  return values;
}

void addComparison(const Points &own, const Points &data, const std::string &suffix, Json &values) {
  Spread spread = spreadOf(data, own);
  values["nearest.sample_to_sample" + suffix] = spread.samples;
  values["nearest.data_to_data" + suffix] = spread.data;
  values["nearest.sample_to_data" + suffix] = spread.between;
  values["duplicates" + suffix] = double(spread.doubles) / double(own.count);
  values["fid" + suffix] = frechetDistance(own, data);
  Estimate kid = kernelDistance(own, data);
  values["kid" + suffix] = kid.mean;
  if (kid.error > 0)
    values["kid.error" + suffix] = kid.error;
  Coverage coverage = coverageOf(data, own);
  values["precision" + suffix] = coverage.precision;
  values["recall" + suffix] = coverage.recall;
  values["density" + suffix] = coverage.density;
  values["coverage" + suffix] = coverage.coverage;
}

Points pointsOf(const gan_program &program, const Dataset &data, int64_t first, int64_t count) {
  WantedData wanted = wantedOf(program);
  size_t size = size_t(data.imageBytes()), area = size_t(data.height * data.width), channels = size_t(data.channels);
  Points out{size_t(count), size, std::vector<float>(size_t(count) * size)};
  std::vector<float> image(size);
  Scale scale(wanted.lo, wanted.hi);
  for (int64_t i = 0; i < count; ++i) {
    scaledImage(data, first + i, scale, image.data());
    for (size_t k = 0; k < size; ++k) // from (H, W, C) to PyTorch's order
      out.values[size_t(i) * size + k % channels * area + k / channels] = image[k];
  }
  return out;
}

bool samplesData(const gan_program &program, const Dataset &data) {
  const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
  return table && data.store &&
         elementsOf(table->observations[0].layout) == uint64_t(data.imageBytes()) * program.batch;
}

} // namespace ganrt
