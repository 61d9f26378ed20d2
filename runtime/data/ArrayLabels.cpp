#include "runtime/data/ArrayLabels.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"

#include <cmath>

namespace ganrt {
namespace {

constexpr double largestLabel = 1e9; ///< more than any model declares

std::string wrongRow(int64_t row, double value, const char *wanted) {
  char text[160];
  snprintf(text, sizeof text, "row %lld (the first is 0) holds %.9g: ", static_cast<long long>(row), value);
  return text + std::string(wanted);
}

/// Adds the label of a one-hot row; returns what is wrong with the row, or "".
std::string oneHot(const NpyHeader &head, const std::vector<uint8_t> &bytes, int64_t row, Dataset &data) {
  int64_t found = -1;
  for (int64_t k = 0; k < head.shape[1]; ++k) {
    double value = head.number(&bytes[size_t(k) * head.width]);
    if (value != 0 && value != 1)
      return wrongRow(row, value, "one of its numbers is to be 1, the others 0");
    if (value == 1 && found >= 0)
      return wrongRow(row, value, "one of its numbers is to be 1, but there are several");
    if (value == 1)
      found = k;
  }
  if (found < 0)
    return wrongRow(row, 0, "one of its numbers is to be 1, but all are 0");
  data.labels.push_back(int32_t(found));
  return "";
}

} // namespace

std::string readLabels(NpyReader &array, const WantedData &wanted, Dataset &data) {
  const NpyHeader &head = array.header();
  size_t rank = head.shape.size();
  std::string shape = "the shape " + shapeText(head.shape) + " of the labels ";
  if (rank < 1 || rank > 2)
    return shape + "is none of (N,), (N, 1) and (N, classes)";
  if (head.count() != data.count)
    return shape + "does not belong to " + std::to_string(data.count) + " images";
  bool isHot = rank == 2 && head.shape[1] > 1;
  if (isHot && wanted.classes && head.shape[1] != wanted.classes)
    return shape + "does not belong to " + std::to_string(wanted.classes) + " classes";
  std::vector<uint8_t> bytes;
  for (int64_t row = 0; row < data.count; ++row) {
    array.read(bytes);
    if (isHot) {
      if (std::string wrong = oneHot(head, bytes, row, data); !wrong.empty())
        return wrong;
      continue;
    }
    double value = head.number(bytes.data());
    if (!(value >= 0 && value <= largestLabel) || value != std::floor(value))
      return wrongRow(row, value, "labels are whole numbers from 0");
    data.labels.push_back(int32_t(value));
  }
  return "";
}

} // namespace ganrt
