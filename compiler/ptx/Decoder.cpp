// Decodes instructions. Most are a row of the table in Opcodes.cpp; moves, accesses, comparisons, conversions, the
// matrix unit and what changes the order of execution have a function each. What is not foreseen is refused, so that no
// modifier is overlooked.
#include "compiler/ptx/Decoder.h"
#include "compiler/ptx/Handlers.h"
#include "compiler/ptx/Opcodes.h"
#include "compiler/ptx/Operands.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ptx {
namespace {

class Decoder : Operands {
public:
  Decoder(Cursor &cursor, Names &n, Kernel &k, std::vector<Jump> &j) : Operands(cursor, n), kernel(k), jumps(j) {}

  void run() {
    const char *begin = in.peek().text.data();
    if (in.accept("@"))
      guard();
    opcode = in.word();
    split();
    if (listed(withoutEffect, mnemonic)) {
      while (!in.is(";") && !in.atEnd())
        in.next();
      handler("nothing");
    } else {
      read();
      choose();
    }
    const char *end = in.peek().text.data();
    in.expect(";");
    std::string text = oneLine(std::string_view(begin, size_t(end - begin)));
    kernel.places.push_back({line, text, std::string(opcode)});
    kernel.code.push_back(i);
  }

private:
  static std::string oneLine(std::string_view text) {
    std::string result;
    for (char c : text)
      if (std::strchr(" \t\r\n", c) == nullptr)
        result += c;
      else if (!result.empty() && result.back() != ' ')
        result += ' ';
    return result;
  }

  void guard() {
    i.guardNegated = in.accept("!");
    i.guard = names.guard(in);
  }

  void split() {
    for (std::string_view rest = opcode;;) {
      size_t dot = rest.find('.', 1);
      parts.push_back(rest.substr(0, dot));
      if (dot == std::string_view::npos)
        break;
      rest.remove_prefix(dot + 1);
    }
    mnemonic = parts[0];
    parts.erase(parts.begin());
  }

  void choose() {
    if (mnemonic == "mov")
      move();
    else if (mnemonic == "ld" || mnemonic == "ldu" || mnemonic == "st")
      access(mnemonic == "st");
    else if (mnemonic == "setp" || mnemonic == "set")
      comparison();
    else if (mnemonic == "cvt")
      conversion();
    else if (mnemonic == "mma")
      matrix();
    else if (!control())
      byTable();
  }

  // Modifiers.

  void type(Type t) { (i.type == Type::None ? i.type : i.from) = t; }

  bool takeFlag(std::string_view part, std::string_view allowed) {
    if (!listed(allowed, part))
      return false;
    i.flags |= flagsNamed(part);
    return true;
  }

  void setFlag(Flag flag, bool on) { i.flags |= on ? uint32_t(flag) : 0; }

  [[noreturn]] void unknownModifier(std::string_view part) const {
    fail("unknown modifier '." + std::string(part) + "'");
  }

  void handler(const std::string &name) {
    auto row = handlers().find(name);
    if (row == handlers().end())
      fail("not supported:");
    i.execute = row->second;
  }

  /// The name of a function: rows for bits serve numbers with and without sign.
  void handler(const std::string &name, Type t) {
    std::string key = name + "." + std::string(nameOf(t));
    if (!handlers().count(key) && (key[name.size() + 1] == 's' || key[name.size() + 1] == 'u'))
      key[name.size() + 1] = 'b';
    handler(key);
  }

  // Kinds of instructions.

  bool control() {
    if (mnemonic == "bra") {
      i.control = Control::Branch;
      expectOperands(1);
      jumps.push_back({kernel.code.size(), std::string(operands[0].text), line});
    } else if (mnemonic == "ret" || mnemonic == "exit") {
      i.control = mnemonic == "ret" ? Control::Return : Control::Exit;
    } else if (mnemonic == "bar" || mnemonic == "barrier") {
      i.control = Control::Barrier;
      bool sync = std::find(parts.begin(), parts.end(), "sync") != parts.end();
      if (!sync || listed("warp", parts[0]) || operands.size() != 1 || !startsWithDigit(operands[0].text))
        fail("only barriers of a whole block are supported:");
      i.mode = uint8_t(numberBits(in, operands[0].text, false, Type::U32));
      if (mnemonic == "bar" || std::find(parts.begin(), parts.end(), "aligned") != parts.end())
        i.flags |= WholeWarp;
    } else if (mnemonic == "trap") {
      handler("trap");
    } else {
      return false;
    }
    return true;
  }

  void byTable() {
    const Row *row = rowNamed(mnemonic);
    if (!row)
      throw ParseError(line, "unknown instruction '" + std::string(opcode) + "'");
    std::string name(mnemonic);
    for (std::string_view part : parts)
      if (listed(row->modes, part))
        name += "." + std::string(part);
      else if (std::optional<Type> t = typeNamed(part))
        type(*t);
      else if (!takeFlag(part, row->flags))
        unknownModifier(part);
    if (i.flags & Saturate && !isFloat(i.type))
      name += ".sat";
    if (isFloat(i.type) && (mnemonic == "fma" || mnemonic == "mad"))
      i.flags |= Fused;
    byLetters(rowNamed(name) ? rowNamed(name)->operands : row->operands);
    if (i.from != Type::None)
      handler(std::string(name) + (isFloat(i.type) ? ".f" : ".b") + std::to_string(8 * sizeOf(i.type)), i.from);
    else if (i.type != Type::None)
      handler(name, i.type);
    else
      handler(name);
  }

  void byLetters(std::string_view letters) {
    expectOperands(letters.size());
    for (size_t k = 0; k < letters.size(); ++k) {
      Type t = ofLetter(letters[k]);
      if (k == 0)
        addDestination(operands[k], t);
      else
        addSource(operands[k], t);
    }
    if (pair && letters[0] != 'P' && letters[0] != 'T')
      fail("'|' where there is one result");
    if (pair)
      addDestination(*pair, Type::Pred);
  }

  Type ofLetter(char letter) const {
    switch (letter) {
    case 'f':
      return i.from;
    case 'w':
      return sizeOf(i.type) == 2 ? Type::B32 : Type::B64;
    case 'u':
      return Type::U32;
    case 'L':
      return Type::B64;
    case 'p':
    case 'P':
      return Type::Pred;
    default:
      if (i.type == Type::None)
        fail("no type");
      return i.type;
    }
  }

  void move() {
    for (std::string_view part : parts)
      if (std::optional<Type> t = typeNamed(part))
        type(*t);
      else
        unknownModifier(part);
    expectOperands(2);
    const Written &to = operands[0], &from = operands[1];
    if (i.type == Type::None || (to.kind == Written::Group && from.kind == Written::Group))
      fail("a move that does not fit");
    auto partType = [&](const Written &group) {
      size_t size = size_t(sizeOf(i.type)) / group.parts.size();
      if (size * group.parts.size() != size_t(sizeOf(i.type)) || (size & (size - 1)) != 0 || size == 0)
        fail("parts that do not fit");
      return size == 1 ? Type::B8 : size == 2 ? Type::B16 : Type::B32;
    };
    if (to.kind == Written::Group) {
      for (const Written &part : to.parts)
        addDestination(part, partType(to));
      addSource(from, i.type);
      return handler("unpack", i.type);
    }
    addDestination(to, i.type);
    if (from.kind != Written::Group) {
      addSource(from, i.type);
      return handler("mov", i.type);
    }
    for (const Written &part : from.parts)
      addSource(part, partType(from));
    i.takesUnwritten = true; // LLVM packs vectors of which it uses some elements only
    handler("pack", i.type);
  }

  void comparison() {
    std::optional<Compare> compare = parts.empty() ? std::nullopt : compareNamed(parts[0]);
    if (!compare)
      fail("unknown comparison");
    i.compare = *compare;
    for (std::string_view part : std::vector(parts.begin() + 1, parts.end()))
      if (part == "and" || part == "or" || part == "xor")
        i.combine = part == "and" ? Combine::And : part == "or" ? Combine::Or : Combine::Xor;
      else if (std::optional<Type> t = typeNamed(part))
        type(*t);
      else if (!takeFlag(part, "ftz"))
        unknownModifier(part);
    bool predicates = mnemonic == "setp";
    Type compared = predicates ? i.type : i.from;
    if (compared == Type::None || (pair && !predicates))
      fail("a comparison that does not fit");
    expectOperands(i.combine == Combine::None ? 3 : 4);
    addDestination(operands[0], predicates ? Type::Pred : i.type);
    if (pair)
      addDestination(*pair, Type::Pred);
    addSource(operands[1], compared);
    addSource(operands[2], compared);
    if (i.combine != Combine::None)
      addSource(operands[3], Type::Pred);
    handler(std::string(mnemonic), compared);
  }

  void conversion() {
    for (std::string_view part : parts)
      if (std::optional<Type> t = typeNamed(part))
        type(*t);
      else if (!takeFlag(part, "rn rz rm rp rni rzi rmi rpi rna ftz sat"))
        unknownModifier(part);
    if (i.from == Type::None)
      fail("a conversion of one type");
    bool pairs = i.type == Type::F16x2 || i.type == Type::BF16x2, tf32 = i.type == Type::TF32;
    if (((i.flags & AwayFromZero) != 0) != tf32 ||
        (sizeOf(i.type) == 2 && isFloat(i.type) && i.flags & (TowardsMinus | TowardsPlus)) ||
        (pairs && i.flags & ~uint32_t(TowardsZero)))
      fail("a rounding that is not supported");
    expectOperands(pairs ? 3 : 2);
    bool exactly = isFloat(i.type) || pairs;
    addDestination(operands[0], i.type, !exactly);
    addSource(operands[1], i.from, !isFloat(i.from));
    if (pairs)
      addSource(operands[2], i.from);
    bool wideTo = isWide(operands[0]),
         wideFrom = isWide(operands[1]) || (startsWithDigit(operands[1].text) && sizeOf(i.from) == 8);
    setFlag(WideData, wideTo);
    setFlag(WideSource, wideFrom);
    if (pairs || tf32)
      handler("cvt." + std::string(nameOf(i.type)), i.from);
    else if (i.type == Type::U64 && i.from == Type::U32 && !wideFrom)
      handler("cvt.u64.u32");
    else if (i.type == Type::U32 && i.from == Type::U64 && !wideTo)
      handler("cvt.u32.u64");
    else
      handler("cvt");
  }

  void access(bool store) {
    constexpr std::pair<std::string_view, Space> spaces[] = {{"param", Space::Param},
                                                             {"global", Space::Global},
                                                             {"shared", Space::Shared},
                                                             {"local", Space::Local},
                                                             {"const", Space::Const}};
    for (std::string_view part : parts) {
      auto space = std::find_if(std::begin(spaces), std::end(spaces), [&](auto &s) { return s.first == part; });
      if (space != std::end(spaces))
        i.space = space->second;
      else if (std::optional<Type> t = typeNamed(part))
        type(*t);
      else if (part == "v2" || part == "v4")
        i.vector = uint8_t(part[1] - '0');
      else if (part.find("::") == std::string_view::npos && !listed(ofAccesses, part))
        unknownModifier(part);
    }
    if (mnemonic == "ldu")
      i.space = Space::Global;
    expectOperands(2);
    if (i.space == Space::Param && names.find(nameOfVariable(operands[store ? 0 : 1].text)))
      return variableOfCall(operands[store ? 0 : 1]);
    if (i.type == Type::None || i.type == Type::Pred || (store && i.space == Space::Param))
      fail("an access that does not fit");
    address(operands[store ? 0 : 1]);
    const Written &data = operands[store ? 1 : 0];
    std::vector<Written> elements = data.kind == Written::Group ? data.parts : std::vector{data};
    if (elements.size() != i.vector)
      fail("a vector of another length");
    bool wide =
        sizeOf(i.type) == 8 || std::any_of(elements.begin(), elements.end(), [&](auto &w) { return isWide(w); });
    for (const Written &w : elements) {
      if (const Register *r = names.find(w.text); r && isWide(w) != wide && sizeOf(r->type) >= sizeOf(i.type))
        fail("registers of several sizes");
      if (store)
        i.src[i.numSrc++] = source(w, i.type, wide ? RowKind::Wide : RowKind::Narrow, true);
      else
        addDestination(w, i.type, true);
    }
    int size = sizeOf(i.type), granule = std::min(size, 4);
    if (i.space == Space::Shared || i.space == Space::Generic)
      kernel.sharedGranule = std::min(kernel.sharedGranule, granule);
    if (i.space == Space::Global || i.space == Space::Generic)
      kernel.globalGranule = std::min(kernel.globalGranule, granule);
    handler(std::string(store ? "st." : "ld.") + (isSigned(i.type) && size < 8 ? "s" : "b") + std::to_string(8 * size) +
            (wide ? ".wide" : ".narrow"));
  }

  /// ld.param and st.param of a value that goes into a function or out of it, which is in a register: a move that
  /// cuts off and extends what loads and stores do.
  void variableOfCall(Written &variable) {
    if (i.type == Type::None || i.type == Type::Pred || i.vector != 1 || variable.offset != 0)
      fail("only whole scalars are supported as parameters and results of functions:");
    std::string name = nameOfVariable(variable.text);
    variable.kind = Written::Plain;
    variable.text = name;
    addDestination(operands[0], i.type, true);
    addSource(operands[1], i.type, true);
    const Register *from = names.find(operands[1].text);
    setFlag(WideData, isWide(operands[0]));
    setFlag(WideSource, sizeOf(from ? from->type : i.type) == 8);
    constexpr Type bits[] = {Type::B8, Type::B16, Type::B32, Type::B64};
    i.from = i.type = isSigned(i.type) ? i.type : bits[std::countr_zero(unsigned(sizeOf(i.type)))];
    handler("cvt");
  }

  /// The first source of ld and st: a register, or the address of a symbol as a constant.
  void address(const Written &w) {
    if (w.kind != Written::Address)
      fail("an address without brackets");
    i.offset = w.offset;
    if (const Register *r = names.find(w.text)) {
      if (r->type == Type::Pred || sizeOf(r->type) < 4)
        fail("an address of less than 32 bits");
      setFlag(WideSource, sizeOf(r->type) == 8);
      i.src[i.numSrc++] = r->slot;
      return;
    }
    uint64_t base = 0;
    if (startsWithDigit(w.text)) {
      base = numberBits(in, w.text, w.negative, Type::U64);
    } else if (std::optional<Symbol> symbol = names.symbol(w.text)) {
      Space have = i.space == Space::Const ? Space::Global : i.space;
      if (symbol->space != have && !(symbol->space == Space::Global && have == Space::Generic))
        fail("'" + std::string(w.text) + "' is in another space");
      base = symbol->address;
    } else {
      fail("unknown name '" + std::string(w.text) + "'");
    }
    i.flags |= WideSource;
    i.src[i.numSrc++] = names.constant(base, RowKind::Wide);
  }

  /// mma.sync.aligned.SHAPE.row.col.D.A.B.C {d..}, {a..}, {b..}, {c..}
  void matrix() {
    std::string name = "mma";
    for (std::string_view part : parts)
      if (part != "sync" && part != "aligned")
        name += "." + std::string(part);
    handler(name);
    i.flags |= Matrix;
    expectOperands(4);
    constexpr size_t lengths[] = {4, 4, 2, 4};
    for (size_t k = 0; k < 4; ++k) {
      if (operands[k].kind != Written::Group || operands[k].parts.size() != lengths[k])
        fail("a matrix in another number of registers");
      for (const Written &part : operands[k].parts)
        if (k == 0)
          addDestination(part, Type::B32);
        else
          addSource(part, Type::B32);
    }
  }

  Kernel &kernel;
  std::vector<Jump> &jumps;
  std::string_view mnemonic;
  std::vector<std::string_view> parts; ///< of the opcode, without the mnemonic
};

} // namespace

void decode(Cursor &in, Names &names, Kernel &kernel, std::vector<Jump> &jumps) {
  Decoder(in, names, kernel, jumps).run();
}

} // namespace ptx
