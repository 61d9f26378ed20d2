// JSON whose objects keep the order in which their fields were set, so that people read the fields in the intended
// order.
#pragma once

#include <nlohmann/json.hpp>

namespace ganrt {

using Json = nlohmann::ordered_json;

} // namespace ganrt
