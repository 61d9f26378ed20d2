#include "compiler/codegen/device/PtxText.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace gan {
namespace {

bool contains(const std::string &text, const std::string &word) { return text.find(word) != std::string::npos; }

/// The name that a unit declares: the word before the parameters of a function, or before the size, value or end of a
/// variable.
std::string declaredName(const std::string &text) {
  static const std::regex entry(R"(\.entry\s+([\w$]+))"), function(R"(\.func\s+(?:\([^)]*\)\s*)?([\w$]+))"),
      variable(R"(([\w$]+)\s*(?:\[[^\]]*\])*\s*[=;])");
  std::smatch found;
  for (const std::regex &form : {entry, function, variable})
    if (std::regex_search(text, found, form))
      return found[1];
  return "";
}

/// LLVM numbers the labels by the function's place in the module.
std::string withOwnLabels(const std::string &text, size_t place) {
  static const std::regex label(R"(\bBB\d+_|\$L__BB\d+_)");
  std::string out, number = std::to_string(place);
  auto end = text.cbegin();
  for (std::sregex_iterator it(text.begin(), text.end(), label), none; it != none; ++it) {
    out.append(end, text.cbegin() + it->position());
    out += (*it->str().begin() == '$' ? "$L__BB" : "BB") + number + "_";
    end = text.cbegin() + it->position() + it->length();
  }
  return out.append(end, text.cend());
}

} // namespace

PtxText::PtxText(const std::string &text) {
  std::istringstream lines(text);
  std::string unit;
  bool inFunction = false;
  for (std::string line; std::getline(lines, line);) {
    line.erase(std::min(line.find("//"), line.size())); // comments tell places in the module
    line.erase(line.find_last_not_of(" \t") + 1);
    if (line.empty())
      continue;
    if (line.starts_with(".version") || line.starts_with(".target") || line.starts_with(".address_size")) {
      head += line + "\n";
      continue;
    }
    unit += line + "\n";
    inFunction |= contains(line, ".entry ") || contains(line, ".func ");
    bool ends = inFunction ? line == "}" || line == ";" : line.ends_with(';');
    if (!ends)
      continue;
    (contains(unit, ".entry ") ? entries : others).push_back({declaredName(unit), unit});
    unit.clear();
    inFunction = false;
  }
}

const PtxText::Unit *PtxText::entry(const std::string &name) const {
  for (const Unit &unit : entries)
    if (unit.name == name)
      return &unit;
  return nullptr;
}

std::string PtxText::only(const std::vector<std::string> &functions) const {
  std::string body;
  size_t place = 0;
  for (const std::string &name : functions) {
    const Unit *unit = entry(name);
    if (!unit)
      throw std::runtime_error("the text has no function `" + name + "`");
    body += "\n" + withOwnLabels(unit->text, place++);
  }
  std::vector<bool> taken(others.size());
  std::string before;
  for (bool more = true; more;) { // what is taken may refer to others
    more = false;
    for (size_t i = others.size(); i-- > 0;)
      if (!taken[i] && contains(before + body, others[i].name)) {
        taken[i] = more = true;
        before = withOwnLabels(others[i].text, place++) + before;
      }
  }
  return head + before + body;
}

} // namespace gan
