#include "runtime/base/Digest.h"

#include <cstdio>
#include <new>
#include <xxhash.h>

namespace ganrt {

void Digest::Free::operator()(XXH3_state_s *state) const { XXH3_freeState(state); }

Digest::Digest() : state(XXH3_createState()) {
  if (!state)
    throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
}

Digest::~Digest() = default;

void Digest::add(const void *bytes, size_t count) { XXH3_64bits_update(state.get(), bytes, count); }

std::string Digest::text() const {
  char text[letters + 1];
  snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(XXH3_64bits_digest(state.get())));
  return text;
}

std::string digestOf(const void *bytes, size_t count) {
  Digest digest;
  digest.add(bytes, count);
  return digest.text();
}

} // namespace ganrt
