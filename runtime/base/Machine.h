// What the system tells of this machine and this process.
#pragma once

#include <string>

namespace ganrt {

/// "AMD EPYC 7763 64-Core Processor"; "unknown" where the system does not tell.
std::string cpuName();

/// Largest resident memory of this process so far, in MiB.
double peakMemory();

/// Threads that run at the same time for long: cores that this process may use, or what the quota of its control groups
/// allows of them. At least 1.
int usableCores();

/// Bytes of memory that this process may use: the machine's, or the limit of its control groups.
size_t usableMemory();

} // namespace ganrt
