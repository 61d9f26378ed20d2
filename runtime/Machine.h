// What the system tells of this machine and this process.
#pragma once

#include <string>

namespace ganrt {

/// "AMD EPYC 7763 64-Core Processor"; "unknown" where the system does not tell.
std::string cpuName();

/// Largest resident memory of this process so far, in MiB.
double peakMemory();

} // namespace ganrt
