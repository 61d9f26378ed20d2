// Objects behind opaque handles. A handle is the object's address, and one that the driver never gave, or that was
// destroyed, is an error as it is with the real driver. Queued work may hold an object longer than its handle lives.
#pragma once

#include "tests/ptx/mock/Errors.h"

#include <memory>
#include <unordered_map>

namespace ptx::mock {

template <class T, class Handle> class Handles {
public:
  Handle add(std::shared_ptr<T> object) {
    T *address = object.get();
    objects.emplace(address, std::move(object));
    return reinterpret_cast<Handle>(address);
  }
  const std::shared_ptr<T> &at(Handle handle) const {
    auto found = objects.find(handle);
    require(found != objects.end(), CUDA_ERROR_INVALID_HANDLE);
    return found->second;
  }
  /// Forgets the handle and gives back the object.
  std::shared_ptr<T> take(Handle handle) {
    std::shared_ptr<T> object = at(handle);
    objects.erase(handle);
    return object;
  }
  void forget(const T *object) { objects.erase(object); }
  auto begin() const { return objects.begin(); }
  auto end() const { return objects.end(); }

private:
  std::unordered_map<const void *, std::shared_ptr<T>> objects;
};

} // namespace ptx::mock
