// Reads operands and gives them slots.
#include "compiler/ptx/Operands.h"
#include "compiler/ptx/Opcodes.h"
#include "compiler/ptx/Warp.h"

namespace ptx {

RowKind kindOf(Type type) {
  return type == Type::Pred ? RowKind::Predicate : sizeOf(type) == 8 ? RowKind::Wide : RowKind::Narrow;
}

void Operands::fail(const std::string &message) const {
  throw ParseError(line, message + " in '" + std::string(opcode) + "'");
}

Written Operands::operand() {
  Written w;
  if (in.accept("{")) {
    w.kind = Written::Group;
    do
      w.parts.push_back(operand());
    while (in.accept(","));
    in.expect("}");
    return w;
  }
  bool inBrackets = in.accept("[");
  w.kind = inBrackets ? Written::Address : Written::Plain;
  w.negated = in.accept("!");
  w.negative = in.accept("-");
  w.text = in.word();
  if (in.is("+") || in.is("-"))
    w.offset = in.integer();
  if (inBrackets)
    in.expect("]");
  return w;
}

void Operands::read() {
  while (!in.is(";")) {
    operands.push_back(operand());
    if (in.accept("|")) {
      pair = operand();
    }
    if (!in.accept(","))
      break;
  }
}

uint32_t Operands::source(const Written &w, Type type, RowKind kind, bool wider) {
  if (w.kind != Written::Plain)
    fail("an operand that does not fit");
  if (startsWithDigit(w.text))
    return names.constant(numberBits(in, w.text, w.negative, type), kind);
  if (const Register *r = names.find(w.text))
    return checked(*r, w.text, type, wider);
  if (w.text == "WARP_SZ")
    return names.constant(warpLanes, kind);
  if (int64_t slot = names.special(w.text); slot >= 0) {
    if (opcode.substr(0, 4) != "mov." && opcode.substr(0, 4) != "cvt.")
      fail("'" + std::string(w.text) + "' has to be moved into a register first");
    if (kind != RowKind::Narrow)
      fail("'" + std::string(w.text) + "' has 32 bits");
    return uint32_t(slot);
  }
  if (std::optional<Symbol> symbol = names.symbol(w.text))
    return names.constant(symbol->address + uint64_t(w.offset), kind);
  fail("unknown name '" + std::string(w.text) + "'");
}

uint32_t Operands::destination(const Written &w, Type type, bool wider) {
  if (w.kind == Written::Plain && w.text == "_")
    return names.sink();
  const Register *r = w.kind == Written::Plain ? names.find(w.text) : nullptr;
  if (!r)
    fail("a result that is no register");
  return checked(*r, w.text, type, wider);
}

uint32_t Operands::checked(const Register &r, std::string_view name, Type type, bool wider) const {
  int have = sizeOf(r.type), want = sizeOf(type);
  if ((r.type == Type::Pred) != (type == Type::Pred) || (wider ? have < want : have != want))
    fail("register '" + std::string(name) + "' of a size that does not fit");
  return r.slot;
}

void Operands::addSource(const Written &w, Type type, bool wider) {
  if (w.negated && type != Type::Pred)
    fail("'!' before something that is no predicate");
  i.negated = uint8_t(i.negated | (w.negated ? 1 : 0) << i.numSrc);
  i.src[i.numSrc++] = source(w, type, wider);
}
void Operands::addDestination(const Written &w, Type type, bool wider) {
  i.dst[i.numDst++] = destination(w, type, wider);
}

void Operands::expectOperands(size_t count) const {
  if (operands.size() != count)
    fail(std::to_string(operands.size()) + " operands instead of " + std::to_string(count));
}

bool Operands::isWide(const Written &w) const {
  const Register *r = names.find(w.text);
  return r && sizeOf(r->type) == 8;
}

} // namespace ptx
