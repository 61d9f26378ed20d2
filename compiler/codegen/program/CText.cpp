// Writes pieces of C source.
#include "compiler/codegen/program/CText.h"

#include "llvm/ADT/StringExtras.h"
#include <cinttypes>
#include <cmath>

namespace gan {

std::string cString(llvm::StringRef text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n\"\n    \"";
    } else if (c == '"' || c == '\\' || c == '?') { // `?` is escaped to avoid trigraphs
      out += '\\';
      out += c;
    } else if ((unsigned char)c < 32 || (unsigned char)c > 126) {
      char code[8];
      snprintf(code, sizeof code, "\\%03o", (unsigned char)c);
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string cDouble(double value) {
  if (std::isinf(value))
    return value > 0 ? "INFINITY" : "-INFINITY";
  char buffer[40];
  snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

std::string cList(llvm::ArrayRef<std::string> items) {
  return items.empty() ? "{0}" : "{" + llvm::join(items, ", ") + "}";
}

std::string cList(llvm::ArrayRef<int64_t> items) {
  std::vector<std::string> texts;
  for (int64_t i : items)
    texts.push_back(std::to_string(i));
  return cList(texts);
}

std::string cStruct(llvm::ArrayRef<std::pair<llvm::StringRef, std::string>> fields) {
  std::string out;
  for (auto &[name, value] : fields)
    out += (out.empty() ? "" : ", ") + ("." + name + " = ").str() + value;
  return "{" + out + "}";
}

std::string CArrays::add(llvm::StringRef type, llvm::StringRef name, llvm::ArrayRef<std::string> items) {
  if (items.empty())
    return "0";
  source += "static const " + type.str() + " " + name.str() + "[] = {\n";
  for (const std::string &item : items)
    source += "    " + item + ",\n";
  source += "};\n";
  return name.str();
}

} // namespace gan
