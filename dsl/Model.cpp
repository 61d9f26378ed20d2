// Small queries of the checked model.
#include "dsl/Model.h"

#include <stdexcept>

namespace gan::dsl {

int64_t elements(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(product, size, &product))
      return std::numeric_limits<int64_t>::max();
  return product;
}

const LayerArg &Layer::argument(std::string_view name) const {
  for (const LayerArg &arg : args)
    if (arg.name == name)
      return arg;
  throw std::logic_error("a layer has no argument " + std::string(name));
}

const Number &Layer::arg(std::string_view name) const { return argument(name).values.at(0); }

} // namespace gan::dsl
