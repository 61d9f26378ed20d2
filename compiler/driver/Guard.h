// What ganc and its children say of an error that nobody caught, and the exit status that it gives.
#pragma once

#include <functional>
#include <string>

namespace gan {

/// One sentence on stderr; never of what a signal broke that ends ganc just now.
void tell(const std::string &sentence);

/// What `work` returns; 1 where it throws what is wrong with files, memory or what the user gave, 70 for a bug of ours.
int guarded(const std::function<int()> &work);

} // namespace gan
