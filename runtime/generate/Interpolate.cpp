#include "runtime/generate/Interpolate.h"

#include <cmath>

namespace ganrt {

std::vector<double> linear(const std::vector<double> &a, const std::vector<double> &b, double share) {
  std::vector<double> out(a.size());
  for (size_t i = 0; i < a.size(); ++i)
    out[i] = share == 1 ? b[i] : a[i] + share * (b[i] - a[i]);
  return out;
}

std::vector<double> spherical(const std::vector<double> &a, const std::vector<double> &b, double share) {
  double dot = 0, lengthA = 0, lengthB = 0;
  for (size_t i = 0; i < a.size(); ++i)
    dot += a[i] * b[i], lengthA += a[i] * a[i], lengthB += b[i] * b[i];
  lengthA = std::sqrt(lengthA), lengthB = std::sqrt(lengthB);
  double cosine = dot / (lengthA * lengthB);
  if (share == 0 || share == 1 || !(std::abs(cosine) < 1 - 1e-9))
    return linear(a, b, share);
  double angle = std::acos(cosine), length = lengthA + share * (lengthB - lengthA);
  double x = std::sin((1 - share) * angle) / std::sin(angle) / lengthA * length,
         y = std::sin(share * angle) / std::sin(angle) / lengthB * length;
  std::vector<double> out(a.size());
  for (size_t i = 0; i < a.size(); ++i)
    out[i] = x * a[i] + y * b[i];
  return out;
}

} // namespace ganrt
