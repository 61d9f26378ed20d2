// Measures how well a categorical code matches the true classes. A code that is learned without labels numbers the
// classes in an order of its own, so its error is counted after matching codes to classes one to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganrt {

/// Counts how often each code occurred together with each class.
class CodeTable {
public:
  CodeTable(size_t codes, size_t classes) : codes(codes), classes(classes), counts(codes * classes) {}
  void add(size_t code, size_t label) {
    ++counts[code * classes + label];
    ++total;
  }
  /// The share of samples whose code is not the number of their class.
  double error() const;
  /// The same share after the one-to-one matching of codes to classes that makes it smallest.
  double matchedError() const;
  /// The mutual information of code and class in nats, estimated from the counts.
  double information() const;

private:
  double share(size_t code, size_t label) const { return double(counts[code * classes + label]) / double(total); }

  size_t codes, classes;
  std::vector<uint64_t> counts;
  uint64_t total = 0;
};

} // namespace ganrt
