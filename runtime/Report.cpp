#include "runtime/Report.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"

#include <algorithm>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

namespace fs = std::filesystem;

namespace ganrt {

extern const char reportPage[]; ///< report/report.html

namespace {

using Json = nlohmann::ordered_json;
constexpr size_t mostPoints = 1000, mostPictures = 40;

/// At most `most`, evenly, with the first and the last.
template <class List> List thinned(const List &list, size_t most) {
  if (list.size() <= most)
    return list;
  List out;
  for (size_t i = 0; i < most; ++i)
    out.push_back(list[i * (list.size() - 1) / (most - 1)]);
  return out;
}

std::string textOf(const std::string &path) { return pathExists(path) ? readWholeFile(path) : ""; }

/// The lines that parse: the last one may be half-written.
std::vector<Json> jsonLines(const std::string &path) {
  std::vector<Json> out;
  std::istringstream lines(textOf(path));
  for (std::string line; std::getline(lines, line);)
    if (Json json = Json::parse(line, nullptr, false); json.is_object() && json.contains("iteration"))
      out.push_back(std::move(json));
  return out;
}

/// [[iteration, value], ..] of one name; of an iteration that comes again the last.
class Points {
public:
  void add(const Json &iteration, const Json &value) {
    while (!points.empty() && points.back()[0] >= iteration)
      points.erase(points.size() - 1);
    points.push_back({iteration, value});
  }
  Json json() const { return thinned(points, mostPoints); }

private:
  Json points = Json::array();
};

struct Curve {
  std::string name;
  Points train, epochs, test;
};

Curve &curveOf(std::vector<Curve> &curves, const std::string &name) {
  for (Curve &curve : curves)
    if (curve.name == name)
      return curve;
  return curves.emplace_back(Curve{name, {}, {}, {}});
}

void addCurves(const std::string &folder, Json &out) {
  std::vector<Curve> curves;
  for (const Json &line : jsonLines(folder + "/metrics.jsonl")) {
    const Json &at = line["iteration"];
    out["iteration"] = at;
    if (line.contains("epoch")) {
      for (auto [part, points] : {std::pair("train", &Curve::epochs), std::pair("test", &Curve::test)}) {
        Json values = line.contains(part) ? line[part] : Json::object();
        for (auto &[name, value] : values.items())
          (curveOf(curves, name).*points).add(at, value);
      }
    } else {
      for (auto &[name, value] : line.items())
        if (name != "iteration")
          curveOf(curves, name).train.add(at, value);
    }
  }
  out["curves"] = Json::array();
  for (const Curve &c : curves)
    out["curves"].push_back(
        {{"name", c.name}, {"train", c.train.json()}, {"epochs", c.epochs.json()}, {"test", c.test.json()}});
}

void addTimes(const std::string &folder, Json &out) {
  Points speed;
  out["kernels"] = Json::array();
  out["elapsed"] = 0;
  for (const Json &line : jsonLines(folder + "/timings.jsonl")) {
    if (line.contains("elapsed"))
      out["elapsed"] = line["elapsed"];
    if (line.contains("images_per_second"))
      speed.add(line["iteration"], line["images_per_second"]);
    if (line.contains("kernels"))
      out["kernels"] = line["kernels"];
  }
  out["speed"] = speed.json();
}

/// "epoch-0012" as "epoch 12".
std::string labelOf(const std::string &stem) {
  if (!stem.starts_with("epoch-"))
    return stem;
  size_t digits = std::min(stem.find_first_not_of('0', 6), stem.size());
  return "epoch " + stem.substr(digits);
}

Json pictures(const std::string &folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".png")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Json out = Json::array();
  for (const fs::path &path : thinned(paths, mostPictures))
    out.push_back({{"label", labelOf(path.stem())}, {"image", "data:image/png;base64," + base64(readWholeFile(path))}});
  return out;
}

Json blocks(const gan_program &program) {
  Json out = Json::array();
  for (uint32_t b = 0; b < program.num_blocks; ++b) {
    const gan_block &block = program.blocks[b];
    size_t parameters = 0;
    for (uint32_t i = 0; i < program.num_states; ++i)
      if (program.states[i].role == GAN_ROLE_PARAMETER && program.states[i].block == std::string(block.name))
        parameters += elementsOf(program.states[i].layout);
    out.push_back({{"name", block.name}, {"kind", block.kind}, {"layers", block.layers}, {"parameters", parameters}});
  }
  return out;
}

/// JSON may hold "</script>" in a text: inside <script> no `<` is safe but as an escape.
std::string forScript(const Json &json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace), out;
  for (char c : text)
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return out;
}

} // namespace

std::string base64(const std::string &bytes) {
  using namespace boost::archive::iterators;
  using Letters = base64_from_binary<transform_width<std::string::const_iterator, 6, 8>>;
  std::string whole = bytes + std::string((3 - bytes.size() % 3) % 3, '\0'),
              text(Letters(whole.begin()), Letters(whole.end()));
  size_t padding = whole.size() - bytes.size();
  return text.replace(text.size() - padding, padding, padding, '=');
}

void writeReport(const gan_program &program, const std::string &folder, RunStatus status) {
  constexpr const char *names[] = {"running", "finished", "stopped"};
  Json config = Json::parse(textOf(folder + "/config.json"), nullptr, false);
  if (!config.is_object())
    config = Json::object();
  config.erase("source");
  Json out{{"model", program.model}, {"status", names[size_t(status)]}, {"iteration", 0}, {"config", config}};
  out["source"] = program.source_text;
  out["blocks"] = blocks(program);
  addCurves(folder, out);
  addTimes(folder, out);
  for (const char *kind : {"samples", "reconstructions", "traversals"})
    out[kind] = pictures(folder + "/" + kind);
  std::string page = reportPage, mark = "@DATA@";
  size_t at = page.rfind(mark); // the first one stands in the page's own comment
  page.replace(at, mark.size(), forScript(out));
  NewFile file(folder + "/report.html");
  file.write(page.data(), page.size());
  file.commit();
}

} // namespace ganrt
