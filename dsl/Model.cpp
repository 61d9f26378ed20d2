// Small queries of the checked model.
#include "dsl/Model.h"

#include <cassert>

namespace gan::dsl {

int64_t elements(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

const LayerArg &Layer::argument(std::string_view name) const {
  for (const LayerArg &arg : args)
    if (arg.name == name)
      return arg;
  assert(false && "the layer's row has no such argument");
  __builtin_unreachable();
}

const Number &Layer::arg(std::string_view name) const { return argument(name).values.at(0); }

} // namespace gan::dsl
