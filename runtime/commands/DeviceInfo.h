// What `info` tells of the kernels for GPUs: each launch with its grid, and what the assembler says that it takes.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/program.h"

namespace ganrt {

/// [{"kind", "kernels": [{"name", "schedule", "architectures", "scratch_bytes", "launches": [..]}]}]
Json devicesJson(const gan_program &program);
/// The same as a table, for people.
void printDevices(const gan_program &program);

} // namespace ganrt
