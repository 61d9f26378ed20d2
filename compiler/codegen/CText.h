// Pieces of C source: literals and arrays, for EmitProgram.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace gan {

/// A string literal; long texts are broken at newlines.
std::string cString(llvm::StringRef text);
/// A double that reads back to the same bits.
std::string cDouble(double value);
/// {1, 2, 3}; {0} where empty, since C has no empty initialisers.
std::string cList(llvm::ArrayRef<std::string> items);
std::string cList(llvm::ArrayRef<int64_t> items);

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
