// A PTX text as the machine runs it. PTX is the assembly language that GPU compilers write; `parse` reads it once, so
// that running it never looks at text, names or types: operands are numbers of registers, constants among them, and
// what an instruction does is a pointer to the function that does it for the lanes of a warp.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ptx {

enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  BF16,
  F32,
  F64,
  TF32,
  F16x2,
  BF16x2
};
int sizeOf(Type type); ///< in bytes
bool isFloat(Type type);
bool isSigned(Type type);

/// Where an address points. Shared memory belongs to a block, local memory to a thread; a generic address says by its
/// value which of them it means.
enum class Space : uint8_t { Generic, Param, Global, Shared, Local, Const };

/// What an instruction does to the order of execution. Return leaves a function; kernels have none left but their own,
/// which end a thread as Exit does.
enum class Control : uint8_t { Straight, Branch, Return, Exit, Barrier };

/// Modifiers that change what a function does and not which one it is.
enum Flag : uint32_t {
  Flush = 1u << 0,    ///< .ftz: denormal numbers are zeros
  Saturate = 1u << 1, ///< .sat: into [0, 1], or into the range of the integer
  TowardsZero = 1u << 2,
  TowardsMinus = 1u << 3,
  TowardsPlus = 1u << 4,
  ToInteger = 1u << 5,    ///< .rni, .rzi, .rmi, .rpi: to a whole number, in the direction of the flags above
  AwayFromZero = 1u << 6, ///< .rna: ties go away from zero
  WholeWarp = 1u << 7,    ///< .aligned: all lanes of a warp come together
  Fused = 1u << 8,        ///< counted as a multiply-add
  Matrix = 1u << 9,       ///< counted as an mma
  WideData = 1u << 10,    ///< the registers of data (ld, st) or of the result (cvt) have 64 bits
  WideSource = 1u << 11   ///< the register of an address, or of cvt's source
};
constexpr uint32_t rounding = TowardsZero | TowardsMinus | TowardsPlus;

enum class Compare : uint8_t { EQ, NE, LT, LE, GT, GE, EQU, NEU, LTU, LEU, GTU, GEU, NUM, NANS };
enum class Combine : uint8_t { None, And, Or, Xor };

class Warp;
struct Instruction;
/// Executes an instruction for the active lanes of a warp.
using Execute = void (*)(Warp &, const Instruction &);

/// Registers and constants are slots, see `Warp`. `target` is the index of the instruction that a branch goes to.
struct Instruction {
  Execute execute = nullptr;
  uint32_t flags = 0;
  int32_t target = -1, guard = -1;
  Control control = Control::Straight;
  bool guardNegated = false;
  bool takesUnwritten = false;                 ///< whether a source may be a register that nothing wrote
  uint8_t numDst = 0, numSrc = 0, negated = 0; ///< a bit of `negated` for each source: a predicate written with "!"
  Type type = Type::None, from = Type::None;
  Space space = Space::Generic;
  uint8_t vector = 1, mode = 0;
  Compare compare = Compare::EQ;
  Combine combine = Combine::None;
  int64_t offset = 0; ///< added to the address
  std::array<uint32_t, 8> dst{};
  std::array<uint32_t, 12> src{};
};

struct Parameter {
  int offset;
  Type type;
};

/// A slot that the machine fills: a constant of the text, or a special register (`special` >= 0).
struct Filled {
  uint32_t slot;
  int special;
  uint64_t bits;
  bool wide; ///< a value of 64 bits
};

/// Where an instruction stands in the text, for messages.
struct Place {
  int line;
  std::string text, opcode;
};

struct Kernel {
  std::string name;
  std::vector<Parameter> params;
  std::vector<Instruction> code;
  std::vector<Place> places; ///< of each instruction
  std::vector<Filled> filled;
  std::vector<std::string> slotNames; ///< of registers and of what is filled
  int localBytes = 0;
  int sharedBytes = 0;                        ///< without the dynamic part, which begins here
  int sharedGranule = 4, globalGranule = 4;   ///< bytes of the smallest access, at most 4
  std::array<int, 3> maxThreads{}, threads{}; ///< .maxntid, .reqntid; zero: not said
};

struct FreeBytes {
  void operator()(uint8_t *bytes) const { std::free(bytes); }
};
using AlignedBytes = std::unique_ptr<uint8_t[], FreeBytes>;

/// An array of the text, in .global or .const. Its address is in the instructions, so it never moves.
struct Array {
  std::string name;
  AlignedBytes bytes;
  size_t size;
};

struct Module {
  std::map<std::string, Kernel, std::less<>> kernels;
  std::vector<Array> arrays;
};

/// The text is wrong, or holds what the machine doesn't know.
struct ParseError : std::runtime_error {
  ParseError(int at, const std::string &message)
      : std::runtime_error("line " + std::to_string(at) + ": " + message), line(at) {}
  int line;
};

/// Reads a whole PTX file. Throws ParseError with the line.
Module parse(const std::string &text);

} // namespace ptx
