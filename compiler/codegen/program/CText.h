// Writes pieces of C source, literals and arrays, for EmitProgram.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace gan {

/// A string literal; long texts are broken at newlines.
std::string cString(llvm::StringRef text);
/// A double that reads back to the same bits.
std::string cDouble(double value);
/// {1, 2, 3}; {0} if there are no items, because C has no empty initialisers.
std::string cList(llvm::ArrayRef<std::string> items);
std::string cList(llvm::ArrayRef<int64_t> items);

/// {.name = "G", .rank = 2}, with the given fields only; in C the others are 0.
std::string cStruct(llvm::ArrayRef<std::pair<llvm::StringRef, std::string>> fields);
/// The enumerator of runtime/program.h for a kind of the dialect: GAN_INPUT_IMAGE.
template <class Kind> std::string cName(llvm::StringRef prefix, Kind kind) {
  return (prefix + stringifyEnum(kind).upper()).str();
}

/// Collects `static const` arrays and gives each a name.
class CArrays {
public:
  /// Declares an array and returns its name; "0" for an empty one.
  std::string add(llvm::StringRef type, llvm::StringRef name, llvm::ArrayRef<std::string> items);
  const std::string &text() const { return source; }

private:
  std::string source;
};

} // namespace gan
