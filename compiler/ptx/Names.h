// The names that a kernel's text knows while it is read: registers, symbols and labels, and the slots that registers
// and constants get.
#pragma once

#include "compiler/ptx/Module.h"
#include "compiler/ptx/Tokens.h"

#include <optional>
#include <string_view>

namespace ptx {

constexpr int dynamicAlignment = 16; ///< of dynamic shared memory
constexpr int roundUp(int value, int unit) { return (value + unit - 1) / unit * unit; }

struct Register {
  uint32_t slot;
  Type type;
};

/// A variable or a parameter: its address in its space.
struct Symbol {
  Space space;
  uint64_t address;
  bool dynamic = false; ///< shared memory whose size the launch gives: behind all that has one
};

/// The name of a variable in .param that carries a value of a call. Such a variable is a register, which only ld.param
/// and st.param may use: no other operand has brackets in its name.
inline std::string nameOfVariable(std::string_view name) { return "[" + std::string(name) + "]"; }

/// Kinds of rows: a predicate, words of up to 32 bits, of 64.
enum class RowKind : uint8_t { Predicate, Narrow, Wide };

class Names {
public:
  Names(Kernel &k, const std::map<std::string, Symbol, std::less<>> &symbolsOfModule)
      : kernel(k), moduleSymbols(symbolsOfModule), scopes(1) {}

  void openScope() { scopes.emplace_back(); }
  void closeScope() { scopes.pop_back(); }
  void declare(const std::string &name, Type type);
  /// Another name of a register.
  void bind(const std::string &name, const Register &r) { scopes.back()[name] = r; }
  const Register *find(std::string_view name) const;
  /// The slot of the predicate whose name comes next.
  int32_t guard(Cursor &in) const;
  std::optional<Symbol> symbol(std::string_view name);
  std::map<std::string, Symbol, std::less<>> symbols; ///< of the kernel
  bool dynamicUsed = false;                           ///< so no more shared memory can be declared

  /// The slots of a constant and of a special register; -1: there is no such register.
  uint32_t constant(uint64_t bits, RowKind kind);
  int64_t special(std::string_view name);
  /// Where what an instruction does not want is put.
  uint32_t sink();

private:
  uint32_t newSlot(std::string name);

  Kernel &kernel;
  const std::map<std::string, Symbol, std::less<>> &moduleSymbols;
  std::vector<std::map<std::string, Register, std::less<>>> scopes;
  std::map<std::pair<RowKind, uint64_t>, uint32_t> constants;
  std::map<int, uint32_t> specials;
};

/// Special registers, in the order of their numbers. The machine gives the values, see Machine.cpp.
constexpr std::array<std::string_view, 20> specialNames{
    "%tid.x",    "%tid.y",       "%tid.z",       "%laneid",      "%ntid.x",      "%ntid.y",     "%ntid.z",
    "%nctaid.x", "%nctaid.y",    "%nctaid.z",    "%ctaid.x",     "%ctaid.y",     "%ctaid.z",    "%warpid",
    "%nwarpid",  "%lanemask_eq", "%lanemask_le", "%lanemask_lt", "%lanemask_ge", "%lanemask_gt"};

} // namespace ptx
