// Where shared and local memory lie among generic addresses, which 64 bits hold: far above all host addresses.
#pragma once

#include "compiler/ptx/Module.h"

namespace ptx {

constexpr uint64_t localWindow = 0x7000'0000'0000'0000, sharedWindow = 0x7100'0000'0000'0000;
constexpr uint64_t windowBytes = uint64_t(1) << 40;

/// The space that a generic address means.
constexpr Space spaceOf(uint64_t address) {
  if (address - localWindow < windowBytes)
    return Space::Local;
  return address - sharedWindow < windowBytes ? Space::Shared : Space::Global;
}
/// What is to be added to an address in a space to make it generic.
constexpr uint64_t windowOf(Space space) {
  return space == Space::Local ? localWindow : space == Space::Shared ? sharedWindow : 0;
}

} // namespace ptx
