#include "runtime/base/Processor.h"

#include <sstream>

namespace ganrt {

static bool hasFeature([[maybe_unused]] const std::string &feature) {
  GAN_ON_x86_64(__builtin_cpu_init();)
#define GAN_HAS(name, asked)                                                                                           \
  if (feature == (name))                                                                                               \
    return __builtin_cpu_supports(asked);
#define GAN_FEATURE(architecture, name, asked) GAN_ON_##architecture(GAN_HAS(name, asked))
#include "runtime/targets.def"
#undef GAN_HAS
      return false;
}

std::string missingFeatures(const std::string &needed) {
  std::istringstream words(needed);
  std::string word, missing;
  while (words >> word)
    if (!hasFeature(word))
      missing += (missing.empty() ? "" : ", ") + word;
  return missing;
}

} // namespace ganrt
