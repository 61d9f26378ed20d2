// The text of a PTX module, cut into what it declares, so that a part of its functions can be taken out.
#pragma once

#include <string>
#include <vector>

namespace gan {

class PtxText {
public:
  explicit PtxText(const std::string &text);
  /// The text with these functions, which must be there, and what they refer to. It is the same whatever else the
  /// module has.
  std::string only(const std::vector<std::string> &functions) const;

private:
  struct Unit {
    std::string name, text;
  };
  const Unit *entry(const std::string &name) const;

  std::string head;          ///< version, target, size of addresses
  std::vector<Unit> entries; ///< what a launch can name
  std::vector<Unit> others;  ///< functions that these call, and tables
};

} // namespace gan
