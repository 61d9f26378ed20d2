// The operands of an instruction: as written, then as slots of the instruction that is being made.
#pragma once

#include "compiler/ptx/Names.h"
#include "compiler/ptx/Tokens.h"

namespace ptx {

RowKind kindOf(Type type);

/// An operand as written.
struct Written {
  enum Kind { Plain, Address, Group } kind = Plain;
  std::string_view text;
  bool negative = false, negated = false;
  int64_t offset = 0;
  std::vector<Written> parts;
};

/// An instruction while its operands are read.
class Operands {
protected:
  Operands(Cursor &cursor, Names &n) : in(cursor), names(n), line(cursor.line()) {}

  [[noreturn]] void fail(const std::string &message) const;
  /// All operands, up to the ";".
  void read();
  void expectOperands(size_t count) const;

  /// A source of a type; `wider` registers are allowed where only the low bits are read. Constants get a slot.
  uint32_t source(const Written &w, Type type, bool wider = false) { return source(w, type, kindOf(type), wider); }
  uint32_t source(const Written &w, Type type, RowKind kind, bool wider);
  uint32_t destination(const Written &w, Type type, bool wider = false);
  void addSource(const Written &w, Type type, bool wider = false);
  void addDestination(const Written &w, Type type, bool wider = false);
  /// Whether it is a register of 64 bits.
  bool isWide(const Written &w) const;

  Cursor &in;
  Names &names;
  const int line;
  std::string_view opcode;
  std::vector<Written> operands;
  std::optional<Written> pair; ///< the q of "p|q"
  Instruction i;

private:
  Written operand();
  uint32_t checked(const Register &r, std::string_view name, Type type, bool wider) const;
};

} // namespace ptx
