// Tables. A row of `table` that has a mode in its name only says other operands than the opcode's own row.
#include "compiler/ptx/Opcodes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ptx {
namespace {

struct TypeName {
  std::string_view name;
  Type type;
  int size;
};
constexpr TypeName typeNames[] = {
    {"pred", Type::Pred, 1}, {"b8", Type::B8, 1},     {"b16", Type::B16, 2},     {"b32", Type::B32, 4},
    {"b64", Type::B64, 8},   {"u8", Type::U8, 1},     {"u16", Type::U16, 2},     {"u32", Type::U32, 4},
    {"u64", Type::U64, 8},   {"s8", Type::S8, 1},     {"s16", Type::S16, 2},     {"s32", Type::S32, 4},
    {"s64", Type::S64, 8},   {"f16", Type::F16, 2},   {"bf16", Type::BF16, 2},   {"f32", Type::F32, 4},
    {"f64", Type::F64, 8},   {"tf32", Type::TF32, 4}, {"f16x2", Type::F16x2, 4}, {"bf16x2", Type::BF16x2, 4}};

const TypeName &typeRow(Type type) {
  return *std::find_if(std::begin(typeNames), std::end(typeNames), [&](const TypeName &t) { return t.type == type; });
}

struct FlagName {
  std::string_view name;
  uint32_t flags;
};
constexpr FlagName flagNames[] = {{"rn", 0},
                                  {"rz", TowardsZero},
                                  {"rm", TowardsMinus},
                                  {"rp", TowardsPlus},
                                  {"rni", ToInteger},
                                  {"rzi", ToInteger | TowardsZero},
                                  {"rmi", ToInteger | TowardsMinus},
                                  {"rpi", ToInteger | TowardsPlus},
                                  {"rna", AwayFromZero},
                                  {"ftz", Flush},
                                  {"sat", Saturate},
                                  {"aligned", WholeWarp}};

constexpr Row table[] = {
    {"abs", "tt", "", "ftz"},
    {"activemask", "t", "", ""},
    {"add", "ttt", "", "rn rz rm rp ftz sat"},
    {"and", "ttt", "", ""},
    {"bfe", "ttuu", "", ""},
    {"bfi", "tttuu", "", ""},
    {"bfind", "ut", "shiftamt", ""},
    {"brev", "tt", "", ""},
    {"clz", "ut", "", ""},
    {"cnot", "tt", "", ""},
    {"copysign", "ttt", "", ""},
    {"cos", "tt", "", "approx ftz"},
    {"cvta", "tt", "to global shared local const", ""},
    {"div", "ttt", "", "rn rz rm rp approx full ftz"},
    {"ex2", "tt", "", "approx ftz"},
    {"fma", "tttt", "", "rn rz rm rp ftz sat"},
    {"isspacep", "pL", "global shared local", ""},
    {"lg2", "tt", "", "approx ftz"},
    {"lop3", "tttuu", "", ""},
    {"mad", "tttt", "lo hi wide", "rn rz rm rp ftz sat"},
    {"mad.wide", "wttw", "", ""},
    {"max", "ttt", "NaN", "ftz"},
    {"min", "ttt", "NaN", "ftz"},
    {"mul", "ttt", "lo hi wide", "rn rz rm rp ftz sat"},
    {"mul.wide", "wtt", "", ""},
    {"neg", "tt", "", "ftz"},
    {"not", "tt", "", ""},
    {"or", "ttt", "", ""},
    {"popc", "ut", "", ""},
    {"prmt", "tttu", "", ""},
    {"rcp", "tt", "", "rn rz rm rp approx ftz"},
    {"rem", "ttt", "", ""},
    {"rsqrt", "tt", "", "approx ftz"},
    {"sad", "tttt", "", ""},
    {"selp", "tttp", "", ""},
    {"shf", "tttu", "l r wrap clamp", ""},
    {"shfl", "Tuuuu", "up down bfly idx", "sync"},
    {"shl", "ttu", "", ""},
    {"shr", "ttu", "", ""},
    {"sin", "tt", "", "approx ftz"},
    {"slct", "tttf", "", "ftz"},
    {"sqrt", "tt", "", "rn rz rm rp approx ftz"},
    {"sub", "ttt", "", "rn rz rm rp ftz sat"},
    {"tanh", "tt", "", "approx"},
    {"testp", "pt", "finite infinite number notanumber normal subnormal", ""},
    {"vote", "ppu", "all any uni ballot", "sync"},
    {"vote.ballot", "upu", "", ""},
    {"xor", "ttt", "", ""},
};

struct CompareName {
  std::string_view name;
  Compare compare;
};
constexpr CompareName compareNames[] = {
    {"eq", Compare::EQ},   {"ne", Compare::NE},   {"lt", Compare::LT},   {"le", Compare::LE},   {"gt", Compare::GT},
    {"ge", Compare::GE},   {"lo", Compare::LT},   {"ls", Compare::LE},   {"hi", Compare::GT},   {"hs", Compare::GE},
    {"equ", Compare::EQU}, {"neu", Compare::NEU}, {"ltu", Compare::LTU}, {"leu", Compare::LEU}, {"gtu", Compare::GTU},
    {"geu", Compare::GEU}, {"num", Compare::NUM}, {"nan", Compare::NANS}};

} // namespace

const Row *rowNamed(std::string_view name) {
  auto row = std::find_if(std::begin(table), std::end(table), [&](const Row &r) { return r.name == name; });
  return row == std::end(table) ? nullptr : row;
}

bool listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

int sizeOf(Type type) { return type == Type::None ? 0 : typeRow(type).size; }
bool isFloat(Type type) { return type == Type::F16 || type == Type::BF16 || type == Type::F32 || type == Type::F64; }
bool isSigned(Type type) { return type == Type::S8 || type == Type::S16 || type == Type::S32 || type == Type::S64; }

std::optional<Type> typeNamed(std::string_view name) {
  for (const TypeName &t : typeNames)
    if (t.name == name)
      return t.type;
  return std::nullopt;
}

Type readType(Cursor &in) {
  std::string_view word = in.word();
  std::optional<Type> found = word[0] == '.' ? typeNamed(word.substr(1)) : std::nullopt;
  if (!found)
    in.fail("'" + std::string(word) + "' is not a type");
  return *found;
}

uint64_t numberBits(const Cursor &at, std::string_view text, bool negative, Type type) {
  std::string number(text);
  try {
    size_t used = 0;
    uint64_t bits = 0;
    bool hexFloat = number.size() > 2 && number[0] == '0' && std::strchr("fFdD", number[1]);
    if (hexFloat) {
      bits = std::stoull(number.substr(2), &used, 16);
      used += 2;
      if (negative)
        bits ^= uint64_t(1) << (number[1] == 'f' || number[1] == 'F' ? 31 : 63);
    } else if (type == Type::F32 || type == Type::F64) {
      double value = std::stod(number, &used);
      value = negative ? -value : value;
      bits = type == Type::F32 ? std::bit_cast<uint32_t>(float(value)) : std::bit_cast<uint64_t>(value);
    } else {
      if (number.back() == 'U')
        number.pop_back();
      bits = std::stoull(number, &used, 0);
      bits = negative ? 0 - bits : bits;
    }
    if (used == number.size())
      return bits;
  } catch (const std::exception &) {
  }
  at.fail("'" + number + "' is not a number");
}

std::string_view nameOf(Type type) { return typeRow(type).name; }

std::optional<Compare> compareNamed(std::string_view name) {
  for (const CompareName &c : compareNames)
    if (c.name == name)
      return c.compare;
  return std::nullopt;
}

uint32_t flagsNamed(std::string_view name) {
  for (const FlagName &f : flagNames)
    if (f.name == name)
      return f.flags;
  return 0;
}

} // namespace ptx
