// The tables of what the machine knows of PTX: types, modifiers, and the operands of each opcode.
#pragma once

#include "compiler/ptx/Module.h"
#include "compiler/ptx/Tokens.h"

#include <optional>

namespace ptx {

/// Operands, the result first: t of the type, f of the second type, w of the type of twice the width, u of 32 bits, L
/// of 64, p a predicate; P and T are a predicate and a value that "|q" may follow, another predicate. Rows with a mode
/// in their name only say other operands.
struct Row {
  std::string_view name, operands, modes, flags;
};

/// Null if there is none.
const Row *rowNamed(std::string_view name);

/// A type by its name without a dot, "f32", and back.
std::optional<Type> typeNamed(std::string_view name);
std::string_view nameOf(Type type);
std::optional<Compare> compareNamed(std::string_view name);
/// The flags of a modifier; a modifier that changes nothing here has none.
uint32_t flagsNamed(std::string_view name);

/// Whether a word is in a list of words with spaces between.
bool listed(std::string_view list, std::string_view word);

/// Opcodes that have no effect on one block after the other, and modifiers of accesses that have none.
constexpr std::string_view withoutEffect = "membar fence prefetch prefetchu nanosleep griddepcontrol pmevent";
constexpr std::string_view ofAccesses =
    "nc volatile relaxed weak acquire release gpu cta sys cluster ca cg cs lu cv wb wt unified";

/// A type with its dot, the next word.
Type readType(Cursor &in);
/// The bits of a number as a type: "7", "0x10", "0f3F800000", "0d..", "1.5".
uint64_t numberBits(const Cursor &at, std::string_view text, bool negative, Type type);

} // namespace ptx
