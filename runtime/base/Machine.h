// What the system knows about this machine and this process.
#pragma once

#include <string>

namespace ganrt {

/// "AMD EPYC 7763 64-Core Processor"; "unknown" if the system does not tell.
std::string cpuName();

/// Seconds on the clock since this process began to run its own code, which was some milliseconds after it was started:
/// the system loads a program first.
double secondsSinceStart();

/// Largest resident memory of this process so far, in MiB.
double peakMemory();

/// How many threads can keep running at the same time: the cores that this process may use, or fewer if the quota of
/// its control groups allows only fewer. At least 1.
int usableCores();

/// Bytes of memory that this process may use: the machine's memory or the limit of its control groups, whichever is
/// less.
size_t usableMemory();

} // namespace ganrt
