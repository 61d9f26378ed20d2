#include "runtime/report/ReportData.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

constexpr size_t mostPoints = 1000, mostPictures = 40, mostPictureBytes = 14'000'000;

std::string textOf(const std::string &path) {
  try {
    return readWholeFile(path);
  } catch (const UserError &) {
    return "";
  }
}

bool hasIteration(const Json &line) {
  return line.is_object() && line.contains("iteration") && line["iteration"].is_number_unsigned();
}

/// Calls the function with each line that is whole and has an iteration.
template <class Function> void eachLine(const std::string &path, Function function) {
  std::string text = textOf(path);
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    Json line = Json::parse(text.begin() + ptrdiff_t(begin), text.begin() + ptrdiff_t(end), nullptr, false);
    if (hasIteration(line))
      function(line);
  }
}

// ---- Curves ----

struct Point {
  uint64_t iteration;
  double value; ///< NaN if it was not finite
};

/// Adds an item. A resumed run may pass an iteration again, and then the later item replaces the earlier ones.
template <class Item> void addInOrder(std::vector<Item> &items, const Item &item) {
  while (!items.empty() && items.back().iteration >= item.iteration)
    items.pop_back();
  items.push_back(item);
}

/// The lowest and the highest point of each of `buckets` equal parts of the list, so that no spike is lost.
std::vector<Point> extremes(const std::vector<Point> &points, size_t buckets) {
  std::vector<Point> out;
  for (size_t b = 0; b < buckets; ++b) {
    size_t begin = b * points.size() / buckets, end = (b + 1) * points.size() / buckets;
    const Point *low = nullptr, *high = nullptr;
    for (size_t i = begin; i < end; ++i) {
      if (std::isnan(points[i].value))
        continue;
      low = !low || points[i].value < low->value ? &points[i] : low;
      high = !high || points[i].value > high->value ? &points[i] : high;
    }
    if (!low) {
      out.push_back(points[begin]);
      continue;
    }
    out.push_back(*std::min(low, high)); // keeps the order of the two
    if (low != high)
      out.push_back(*std::max(low, high));
  }
  return out;
}

std::vector<Point> thinned(const std::vector<Point> &points) {
  if (points.size() <= mostPoints)
    return points;
  std::vector<Point> out = {points.front()};
  for (const Point &p : extremes({points.begin() + 1, points.end() - 1}, mostPoints / 2 - 1))
    out.push_back(p);
  out.push_back(points.back());
  return out;
}

Json pairs(const std::vector<Point> &points) {
  Json out = Json::array();
  for (const Point &p : thinned(points))
    out.push_back({p.iteration, p.value});
  return out;
}

struct Curve {
  std::string name;
  std::vector<Point> train, epochs, test;
};

class Curves {
public:
  void add(uint64_t iteration, const Json &values, std::vector<Point> Curve::*part) {
    if (!values.is_object())
      return;
    for (auto &[name, value] : values.items())
      if (name != "iteration" && (value.is_number() || value.is_null()))
        addInOrder(named(name).*part, {iteration, value.is_null() ? NAN : value.get<double>()});
  }
  Json json() const {
    Json out = Json::array();
    for (const Curve &c : curves)
      out.push_back(
          {{"name", c.name}, {"train", pairs(c.train)}, {"epochs", pairs(c.epochs)}, {"test", pairs(c.test)}});
    return out;
  }

private:
  Curve &named(const std::string &name) {
    auto found = std::find_if(curves.begin(), curves.end(), [&](const Curve &c) { return c.name == name; });
    return found != curves.end() ? *found : curves.emplace_back(Curve{name, {}, {}, {}});
  }
  std::vector<Curve> curves;
};

// ---- Times ----

struct TimedIteration {
  uint64_t iteration;
  double elapsed; ///< seconds of all processes that trained up to here
};

/// The rows of the table that have the fields on which the page relies.
Json kernelsOf(const Json &line) {
  Json out = Json::array();
  for (const Json &k : line)
    if (k.is_object() && k.contains("label") && k["label"].is_string() && k.contains("ms") && k["ms"].is_number())
      out.push_back(k);
  return out;
}

// ---- Pictures ----

struct EmbeddedPicture {
  uint64_t epoch;
  std::string name;
  fs::path path;
  uintmax_t bytes;
};

/// "epoch-0012" is 12; 0 for other names.
uint64_t epochOf(const std::string &stem) {
  uint64_t epoch = 0;
  if (stem.starts_with("epoch-"))
    std::from_chars(stem.data() + 6, stem.data() + stem.size(), epoch);
  return epoch;
}

std::vector<EmbeddedPicture> picturesOf(const std::string &folder) {
  std::vector<EmbeddedPicture> out;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (std::error_code unknown; entry->path().extension() == ".png") {
      std::string name = entry->path().stem();
      uintmax_t bytes = entry->file_size(unknown);
      if (!unknown)
        out.push_back({epochOf(name), name, entry->path(), bytes});
    }
  std::sort(out.begin(), out.end(), [](const EmbeddedPicture &a, const EmbeddedPicture &b) {
    return std::tie(a.epoch, a.name) < std::tie(b.epoch, b.name);
  });
  return out;
}

/// At most `most` (two or more) of the pictures, evenly spaced, with the first and the last.
std::vector<EmbeddedPicture> chosen(const std::vector<EmbeddedPicture> &pictures, size_t most) {
  if (pictures.size() <= most)
    return pictures;
  std::vector<EmbeddedPicture> out;
  for (size_t i = 0; i < most; ++i)
    out.push_back(pictures[i * (pictures.size() - 1) / (most - 1)]);
  return out;
}

/// Appends the bytes in base 64, as in RFC 4648.
void appendBase64(const std::string &bytes, std::string &out) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t at = out.size(), n = bytes.size();
  out.resize(at + (n + 2) / 3 * 4, '=');
  auto byte = [&](size_t i) { return i < n ? uint32_t(uint8_t(bytes[i])) : 0u; };
  for (size_t i = 0; i < n; i += 3, at += 4) {
    uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (size_t k = 0; k < 4 && i + k <= n; ++k)
      out[at + k] = letters[three >> (18 - 6 * k) & 63];
  }
}

} // namespace

std::string scriptText(const Json &json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace), out;
  out.reserve(text.size());
  for (char c : text)
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return out;
}

Json reportConfig(const std::string &folder) {
  Json config = Json::parse(textOf(folder + "/config.json"), nullptr, false);
  return config.is_object() ? config : Json::object();
}

Json reportCurves(const std::string &folder) {
  Curves curves;
  eachLine(folder + "/metrics.jsonl", [&](const Json &line) {
    uint64_t iteration = line["iteration"];
    if (!line.contains("epoch"))
      return curves.add(iteration, line, &Curve::train);
    curves.add(iteration, line.value("train", Json()), &Curve::epochs);
    curves.add(iteration, line.value("test", Json()), &Curve::test);
  });
  return curves.json();
}

Json reportTimes(const std::string &folder) {
  Json out = Json::object();
  std::vector<TimedIteration> moments;
  std::vector<Point> speed;
  double before = 0, last = 0; // seconds of earlier processes; those of the last line
  eachLine(folder + "/timings.jsonl", [&](const Json &line) {
    uint64_t iteration = line["iteration"];
    out["iteration"] = iteration;
    if (auto value = line.find("elapsed"); value != line.end() && value->is_number()) {
      before += value->get<double>() < last ? last : 0;
      last = value->get<double>();
      addInOrder(moments, {iteration, before + last});
    }
    if (auto value = line.find("images_per_second"); value != line.end() && value->is_number())
      addInOrder(speed, {iteration, value->get<double>()});
    if (auto value = line.find("waiting"); value != line.end() && value->is_number())
      out["waiting"] = *value;
    if (auto value = line.find("kernels"); value != line.end() && value->is_array())
      out["kernels"] = kernelsOf(*value);
    if (auto value = line.find("device"); value != line.end() && value->is_string())
      out["device"] = *value;
  });
  out["speed"] = pairs(speed);
  if (moments.empty())
    return out;
  const TimedIteration &now = moments.back(),
                       then = moments.size() > 20 ? moments[moments.size() - 20] : TimedIteration{0, 0};
  out["elapsed"] = now.elapsed;
  if (now.iteration > then.iteration)
    out["seconds_per_iteration"] = (now.elapsed - then.elapsed) / double(now.iteration - then.iteration);
  return out;
}

Json reportQuality(const std::string &folder) {
  Json quality = Json::parse(textOf(folder + "/quality.json"), nullptr, false);
  return quality.is_object() ? quality : Json::object();
}

void appendPictures(const std::string &folder, std::string &page) {
  constexpr const char *kinds[] = {"samples", "reconstructions", "traversals"};
  std::vector<EmbeddedPicture> all[3];
  for (size_t k = 0; k < 3; ++k)
    all[k] = picturesOf(folder + "/" + kinds[k]);
  auto bytesOf = [&](size_t most) {
    uintmax_t sum = 0;
    for (const auto &pictures : all)
      for (const EmbeddedPicture &picture : chosen(pictures, most))
        sum += picture.bytes;
    return sum;
  };
  size_t most = mostPictures;
  while (most > 2 && bytesOf(most) > mostPictureBytes)
    most = std::max<size_t>(2, most * 3 / 4);
  size_t left = mostPictureBytes;
  for (size_t k = 0; k < 3; ++k) {
    page += (k ? ",\"" : "{\"") + std::string(kinds[k]) + "\":{\"count\":" + std::to_string(all[k].size()) +
            ",\"frames\":[";
    const char *comma = "";
    for (const EmbeddedPicture &picture : chosen(all[k], most)) {
      std::string bytes = picture.bytes <= left ? textOf(picture.path) : "";
      if (!bytes.starts_with("\x89PNG") || bytes.size() > left)
        continue;
      left -= bytes.size();
      std::string label = picture.epoch ? "epoch " + std::to_string(picture.epoch) : picture.name;
      page += comma;
      page += "{\"label\":" + scriptText(label) + ",\"image\":\"data:image/png;base64,";
      appendBase64(bytes, page);
      page += "\"}";
      comma = ",";
    }
    page += "]}";
  }
  page += '}';
}

} // namespace ganrt
