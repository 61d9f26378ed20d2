// What the processor of this machine can do, by the table of targets.def.
#pragma once

#include <string>

// GAN_ON_x86_64(text) is the text where this code is compiled for x86-64 and nothing elsewhere, and so for the others:
// rows of targets.def for other architectures name instructions that a compiler for this one does not know.
#if defined(__x86_64__)
#define GAN_ON_x86_64(...) __VA_ARGS__
#define GAN_ON_aarch64(...)
#elif defined(__aarch64__)
#define GAN_ON_x86_64(...)
#define GAN_ON_aarch64(...) __VA_ARGS__
#else
#error "targets.def has no row for this architecture"
#endif

namespace ganrt {

/// Those of the features ("avx2 fma") that this machine lacks, separated by ", "; "" if it has them all. A feature that
/// targets.def does not list for this architecture is one that it lacks.
std::string missingFeatures(const std::string &needed);

/// Tells the processor that a thread is waiting in a loop.
inline void pauseBriefly() { GAN_ON_x86_64(__builtin_ia32_pause();) GAN_ON_aarch64(asm volatile("yield");) }

} // namespace ganrt
