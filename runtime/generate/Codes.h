// What a categorical code knows of the true classes: a code learned without labels numbers them in an order of its own,
// so that its error is counted after matching codes to classes one to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganrt {

/// How often each code met each class.
class CodeTable {
public:
  CodeTable(size_t codes, size_t classes) : codes(codes), classes(classes), counts(codes * classes) {}
  void add(size_t code, size_t label) {
    ++counts[code * classes + label];
    ++total;
  }
  /// Share of samples whose code is not the number of their class.
  double error() const;
  /// The same after the one-to-one matching of codes to classes under which it is smallest.
  double matchedError() const;
  /// Mutual information of code and class in nats, from the counts.
  double information() const;

private:
  double share(size_t code, size_t label) const { return double(counts[code * classes + label]) / double(total); }

  size_t codes, classes;
  std::vector<uint64_t> counts;
  uint64_t total = 0;
};

} // namespace ganrt
