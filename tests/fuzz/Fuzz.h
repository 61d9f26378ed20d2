// What the fuzz targets share: they write the bytes to a file, and a reader may throw a UserError and nothing else.
#pragma once

#include "runtime/base/Error.h"
#include "runtime/data/Dataset.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace ganrt::fuzz {

/// A folder of this process, which is made once, in memory if the system has such a file system.
inline const std::string &folder() {
  static const std::string path = [] {
    std::string name = access("/dev/shm", W_OK) == 0 ? "/dev/shm/ganc-fuzz-XXXXXX" : "/tmp/ganc-fuzz-XXXXXX";
    if (!mkdtemp(name.data()))
      abort();
    return name;
  }();
  return path;
}

inline std::string writeFile(const std::string &name, const uint8_t *data, size_t size) {
  std::string path = folder() + "/" + name;
  FILE *file = fopen(path.c_str(), "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file))
    abort();
  return path;
}

/// Runs a reader. It may throw a UserError; anything else that it throws is a finding.
template <class Reader> int expectNoCrash(Reader read) {
  try {
    read();
  } catch (const UserError &) {
  }
  return 0;
}

/// What a small labelled model needs its data to be.
inline WantedData wanted() {
  WantedData w;
  w.channels = 3, w.height = 5, w.width = 4, w.classes = 10, w.hi = 1;
  return w;
}

/// Reads the training part of `where` and every image in it.
inline void readAll(const std::string &where, const WantedData &wanted) {
  DataOptions options;
  options.where = where, options.quiet = true;
  std::string note;
  Dataset data = loadData(options, Part::Train, wanted, note);
  std::vector<float> image(size_t(data.imageBytes()));
  Scale scale(wanted.lo, wanted.hi);
  for (int64_t i = 0; i < data.count; ++i)
    scaledImage(data, i, scale, image.data());
}

} // namespace ganrt::fuzz
