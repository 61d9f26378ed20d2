#include "runtime/data/DataSummary.h"

#include <algorithm>
#include <limits>

namespace ganrt {
namespace {

struct Channel {
  double least = std::numeric_limits<double>::infinity(), largest = -least, sum = 0;
};

Json channelsOf(const Dataset &data, const WantedData &wanted) {
  size_t each = size_t(data.imageBytes());
  std::vector<Channel> channels(wanted.vector ? each : size_t(data.channels)); // channels are innermost in memory
  std::vector<float> image(each);
  Scale scale(wanted.lo, wanted.hi);
  for (int64_t i = 0; i < data.count; ++i) {
    scaledImage(data, i, scale, image.data());
    for (size_t k = 0; k < each; ++k) {
      Channel &channel = channels[k % channels.size()];
      auto value = double(image[k]);
      channel.least = std::min(channel.least, value), channel.largest = std::max(channel.largest, value);
      channel.sum += value;
    }
  }
  size_t pixels = each / channels.size();
  double values = double(data.count) * double(pixels);
  Json out = Json::array();
  for (const Channel &channel : channels)
    out.push_back({{"least", channel.least}, {"largest", channel.largest}, {"mean", channel.sum / values}});
  return out;
}

/// Classes without a name are named by their number.
Json classesOf(const Dataset &data) {
  Json out = Json::array();
  if (data.labels.empty())
    return out;
  auto largest = size_t(*std::max_element(data.labels.begin(), data.labels.end()));
  std::vector<int64_t> counts(std::max(largest + 1, data.classes.size()));
  for (int32_t label : data.labels)
    ++counts[size_t(label)];
  for (size_t i = 0; i < counts.size(); ++i)
    out.push_back(
        {{"number", i}, {"name", i < data.classes.size() ? data.classes[i] : std::to_string(i)}, {"count", counts[i]}});
  return out;
}

/// Adds the lines, or only the first ones if there are many.
void addLines(std::string &text, const std::vector<std::string> &lines) {
  constexpr size_t most = 20;
  for (size_t i = 0; i < std::min(lines.size(), most); ++i)
    text += "    " + lines[i] + "\n";
  if (lines.size() > most)
    text += "    and " + std::to_string(lines.size() - most) + " more; --json lists all\n";
}

} // namespace

Json summaryOf(const Dataset &data, const WantedData &wanted) {
  Json summary{{"count", data.count}};
  if (!data.count)
    return summary;
  if (!data.store) // labels alone
    summary["shape"] = Json::array();
  else
    summary["shape"] =
        wanted.vector ? Json::array({data.imageBytes()}) : Json::array({data.channels, data.height, data.width});
  summary["stored"] = data.floats ? "floats" : "bytes";
  summary["classes"] = classesOf(data);
  summary["channels"] = data.store ? channelsOf(data, wanted) : Json::array(); // labels alone have none
  for (size_t i = 0; i < data.others.size(); ++i)
    summary["others"][data.others[i].name] = summaryOf(data.others[i], wanted.others[i]);
  return summary;
}

std::string summaryText(const Json &summary) {
  if (summary["count"] == 0)
    return "  none\n";
  std::string shape;
  for (const Json &size : summary["shape"])
    shape += (shape.empty() ? "" : " x ") + size.dump();
  std::string text = "  " + summary["count"].dump();
  text += shape.empty() ? " labels\n"
                        : (summary["shape"].size() == 1 ? " vectors of " : " images of ") + shape + ", as " +
                              summary["stored"].get<std::string>() + "\n";
  std::vector<std::string> classes, channels;
  for (const Json &c : summary["classes"])
    classes.push_back(c["number"].dump() + " " + c["name"].get<std::string>() + ": " + c["count"].dump());
  text += classes.empty() ? "  without labels\n" : "  classes, by number:\n";
  addLines(text, classes);
  for (const Json &c : summary["channels"]) {
    char line[120];
    snprintf(line, sizeof line, "%zu: %.6g to %.6g, mean %.6g", channels.size(), c["least"].get<double>(),
             c["largest"].get<double>(), c["mean"].get<double>());
    channels.emplace_back(line);
  }
  if (!channels.empty())
    text += summary["shape"].size() == 1 ? "  values of each number:\n" : "  values of each channel:\n";
  addLines(text, channels);
  if (!summary.contains("others"))
    return text;
  for (const auto &[name, other] : summary["others"].items())
    text += "  " + name + ":\n" + summaryText(other);
  return text;
}

} // namespace ganrt
