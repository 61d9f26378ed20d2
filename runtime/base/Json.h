// JSON, whose objects keep the order in which their fields were set: what people read of it has the order that was
// meant.
#pragma once

#include <nlohmann/json.hpp>

namespace ganrt {

using Json = nlohmann::ordered_json;

} // namespace ganrt
