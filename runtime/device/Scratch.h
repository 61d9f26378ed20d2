// Memory that kernels of the processor allocate while they run. Large blocks are kept from one call to the next,
// because new pages from the system cost more than what many kernels compute with them.
#pragma once

#include <cstddef>

namespace ganrt {

/// Memory for a kernel, aligned for any vector; 16 numbers before and behind it may be read. Null if there is none.
/// Safe to call from several threads.
void *takeScratch(size_t bytes);
/// Gives back what takeScratch returned; null is allowed.
void giveScratch(void *memory);

} // namespace ganrt
