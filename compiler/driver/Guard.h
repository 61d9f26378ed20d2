// The messages and exit statuses of ganc and its children for errors that nothing else has caught.
#pragma once

#include <functional>
#include <string>

namespace gan {

/// Prints one sentence to stderr, but nothing while a signal is ending ganc, because the signal may have caused the
/// error.
void tell(const std::string &sentence);

/// Runs `work` and returns its result; 1 if it throws because of files, memory or what the user gave, 70 for a bug of
/// ours.
int guarded(const std::function<int()> &work);

} // namespace gan
