#include "runtime/data/Match.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/data/ImageFiles.h"

#include <filesystem>
#include <map>

namespace ganrt {
namespace {

/// What files that belong together have in common.
std::string key(const std::string &file) { return std::filesystem::path(file).replace_extension().string(); }

std::string counts(const Dataset &data, const Dataset &other) {
  return data.name + " has " + std::to_string(data.count) + " samples in " + data.origin + ", " + other.name + " has " +
         std::to_string(other.count) + " in " + other.origin;
}

void matchByName(const Dataset &data, Dataset &other, std::string &note) {
  std::map<std::string, uint32_t> partners;
  for (size_t i = 0; i < other.files.size(); ++i)
    partners[key(other.files[i])] = uint32_t(i);
  std::vector<uint32_t> order;
  std::vector<std::string> alone, files;
  std::vector<int32_t> labels;
  for (const std::string &file : data.files) {
    auto partner = partners.find(key(file));
    if (partner == partners.end()) {
      alone.push_back(file);
      continue;
    }
    order.push_back(partner->second);
    files.push_back(other.files[partner->second]);
    if (!other.labels.empty())
      labels.push_back(other.labels[partner->second]);
  }
  if (!alone.empty())
    throw UserError(counts(data, other) + "; " + std::to_string(alone.size()) +
                    " have no partner of the same name there: " + listed(alone) +
                    " (--unpaired where samples do not belong together)");
  if (order.size() < size_t(other.count))
    addNote(note, counts(data, other) + ": " + std::to_string(size_t(other.count) - order.size()) + " of " +
                      other.name + " have no partner and are left out");
  other.count = int64_t(order.size());
  other.chosen = std::move(order), other.files = std::move(files), other.labels = std::move(labels);
}

} // namespace

void match(const Dataset &data, Dataset &other, std::string &note) {
  if (!data.files.empty() && !other.files.empty())
    return matchByName(data, other, note);
  if (data.count != other.count)
    throw UserError(counts(data, other) +
                    ": as many of both are needed, in the same order (--unpaired where they do not belong together)");
}

} // namespace ganrt
