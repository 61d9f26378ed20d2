// Slots of registers, constants and special registers, and symbols with their addresses.
#include "compiler/ptx/Names.h"

#include <algorithm>

namespace ptx {

uint32_t Names::newSlot(std::string name) {
  kernel.slotNames.push_back(std::move(name));
  return uint32_t(kernel.slotNames.size() - 1);
}

void Names::declare(const std::string &name, Type type) { scopes.back()[name] = {newSlot(name), type}; }

const Register *Names::find(std::string_view name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->find(name); found != scope->end())
      return &found->second;
  return nullptr;
}

int32_t Names::guard(Cursor &in) const {
  const Register *r = find(in.word());
  if (!r || r->type != Type::Pred)
    in.fail("a guard that is no predicate");
  return int32_t(r->slot);
}

std::optional<Symbol> Names::symbol(std::string_view name) {
  for (const auto *known : {&static_cast<const decltype(symbols) &>(symbols), &moduleSymbols})
    if (auto found = known->find(name); found != known->end()) {
      Symbol result = found->second;
      if (result.dynamic) {
        result.address = uint64_t(roundUp(kernel.sharedBytes, dynamicAlignment));
        dynamicUsed = true;
      }
      return result;
    }
  return std::nullopt;
}

uint32_t Names::constant(uint64_t bits, RowKind kind) {
  if (kind == RowKind::Predicate)
    bits = bits ? ~uint64_t(0) : 0;
  auto [entry, isNew] = constants.try_emplace({kind, bits}, 0);
  if (isNew) {
    entry->second = newSlot(std::to_string(bits));
    kernel.filled.push_back({entry->second, -1, bits, kind == RowKind::Wide});
  }
  return entry->second;
}

int64_t Names::special(std::string_view name) {
  auto found = std::find(specialNames.begin(), specialNames.end(), name);
  if (found == specialNames.end())
    return -1;
  int number = int(found - specialNames.begin());
  auto [entry, isNew] = specials.try_emplace(number, 0);
  if (isNew) {
    entry->second = newSlot(std::string(name));
    kernel.filled.push_back({entry->second, number, 0, false});
  }
  return entry->second;
}

uint32_t Names::sink() {
  uint32_t slot = newSlot("_");
  kernel.filled.push_back({slot, -1, 0, false});
  return slot;
}

} // namespace ptx
