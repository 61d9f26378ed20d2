// A GPU is given many calls at once, and tells of a fault only when it is waited for. To find out which kernel faults,
// a process runs its calls one by one and waits for each. A process in which one has faulted can no longer use the GPU,
// so that this is always another process.
#pragma once

namespace ganrt {

/// Whether this process waits for each call of a graph. To begin with, whether the environment has GANC_CALL_BY_CALL.
bool &callByCall();

} // namespace ganrt
