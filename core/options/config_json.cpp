#include "core/options/config_json.hpp"

#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

namespace clh::core {

nlohmann::json json_of(const ConfigValue& value) {
  return std::visit(
      [](const auto& x) -> nlohmann::json {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, ConfigList>) {
          auto list = nlohmann::json::array();
          for (const ConfigValue& element : x) {
            list.push_back(json_of(element));
          }
          return list;
        } else if constexpr (std::is_same_v<T, ConfigTable>) {
          auto object = nlohmann::json::object();
          for (const ConfigEntry& entry : x.entries()) {
            object[entry.key] = json_of(entry.value);
          }
          return object;
        } else {
          return x;
        }
      },
      value.data);
}

}  // namespace clh::core
