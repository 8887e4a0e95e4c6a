#include "core/options/resolve_config.hpp"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/options/config_json.hpp"
#include "core/options/config_overlay.hpp"
#include "core/options/overrides.hpp"
#include "core/options/toml_text.hpp"
#include "core/options/unknown_section.hpp"
#include "core/text/word_list.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {
namespace {

constexpr const char* kNoPreset = "none";

ConfigTable read_file(const std::filesystem::path& file) {
  const auto refuse = [&file](const std::string& found) {
    throw Error("bad-config", file.string() + ": expected a configuration file, found " + found,
                "name a TOML file that can be read", kExitUsage);
  };
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    refuse("no such file");
  }
  if (std::filesystem::is_directory(file, ignored)) {
    refuse("a directory");
  }
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) {
    refuse("one that cannot be read");
  }
  return read_toml(text, file.string());
}

/// Takes the top-level `benchmark` out of a layer.
std::optional<std::string> take_benchmark(ConfigTable& layer) {
  const ConfigValue* value = layer.find("benchmark");
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->text() == nullptr) {
    throw Error("bad-option",
                "benchmark: expected the name of a benchmark, found " + found_text(*value),
                "set benchmark=split-fashion-mnist", kExitUsage);
  }
  std::string name = *value->text();
  layer.erase("benchmark");
  return name;
}

/// Lays the layers over each other.
class Layers {
 public:
  explicit Layers(const ConfigSchema& schema) : schema_(schema) {}

  void add(const ConfigTable& layer) {
    for (const ConfigEntry& entry : layer.entries()) {
      add(entry);
    }
  }

  void add_preset(const std::string& name) {
    if (name == kNoPreset) {
      return;
    }
    std::vector<std::string> names{kNoPreset};
    for (const Preset& preset : schema_.presets) {
      if (preset.name != name) {
        names.emplace_back(preset.name);
        continue;
      }
      ConfigTable layer = read_toml(preset.text, "preset " + name);
      if (const auto base = take_benchmark(layer)) {
        add_preset(*base);
      }
      add(layer);
      return;
    }
    throw Error("bad-option",
                "benchmark: expected one of " + joined(names) + ", found " + value_text({name}),
                did_you_mean(name, names, "use one of them"), kExitUsage);
  }

  const ConfigTable& root() const { return root_; }

 private:
  void add(const ConfigEntry& entry) {
    const Section* section = nullptr;
    for (const Section& known : kSections) {
      section = entry.key == known.name ? &known : section;
    }
    if (section == nullptr) {
      root_.set(entry.key, entry.value);  // reported when all layers are known
      return;
    }
    const auto layer = as_named_table(entry.value);
    if (!layer) {
      throw Error("bad-option",
                  '[' + entry.key + "]: expected a table, found " + found_text(entry.value),
                  "write its options as " + entry.key + ".OPTION=VALUE", kExitUsage);
    }
    if (root_.find(entry.key) == nullptr) {
      root_.set(entry.key, {ConfigTable()});
    }
    auto& base = std::get<ConfigTable>(root_.find(entry.key)->data);
    if (section->table != nullptr) {
      overlay_options(base, *layer);
    } else {
      const bool named = section->named != nullptr;
      overlay_named(base, *layer, section->kind,
                    named ? (schema_.*section->named).default_name : "", schema_.components);
    }
  }

  const ConfigSchema& schema_;
  ConfigTable root_;
};

/// Checks the composed tables, section by section.
class Resolver {
 public:
  Resolver(const ConfigSchema& schema, const PathBase& paths, const ConfigTable& root,
           ResolvedConfig& result)
      : schema_(schema), paths_(paths), root_(root), result_(result) {}

  void table(const char* section, const clh::ParamTable& params, ResolvedTable& out) {
    out = resolve_table({params.params.data(), params.params.size()}, given(section),
                        {section, section, ""}, paths_, {}, result_.warnings);
    result_.tree.set(section, {out.tree});
  }

  void named(const char* section, const NamedTables& alternatives, ResolvedNamed& out) {
    ConfigTable options = given(section);
    out.name = name_of(section, options, alternatives);
    options.erase("name");
    if (alternatives.imply) {
      alternatives.imply(out.name, options);
    }
    const clh::ParamTable& params = alternatives.tables.at(out.name);
    out.options =
        resolve_table({params.params.data(), params.params.size()}, options,
                      {section, section + (' ' + out.name), ""}, paths_, {}, result_.warnings);
    ConfigTable tree;
    tree.set("name", {out.name});
    overlay_options(tree, out.options.tree);
    result_.tree.set(section, {std::move(tree)});
  }

  void component(const char* section, clh_kind kind, std::unique_ptr<ResolvedComponent>& out) {
    out = resolve_component(kind, section, given(section), "", schema_.components, paths_,
                            result_.warnings);
    result_.tree.set(section, {out->tree()});
  }

 private:
  ConfigTable given(const char* section) const {
    const ConfigValue* value = root_.find(section);
    return value == nullptr ? ConfigTable() : *value->table();
  }

  static std::string name_of(const char* section, const ConfigTable& options,
                             const NamedTables& alternatives) {
    std::vector<std::string> names;
    for (const auto& [name, params] : alternatives.tables) {
      names.push_back(name);
    }
    const ConfigValue* name = options.find("name");
    const std::string* text = name == nullptr ? &alternatives.default_name : name->text();
    if (text != nullptr && alternatives.tables.count(*text) != 0) {
      return *text;
    }
    const std::string found = name != nullptr ? found_text(*name)
                              : text->empty() ? "none"
                                              : value_text({*text});
    throw Error("unknown-component",
                std::string("[") + section + "] name: expected one of " + joined(names) +
                    ", found " + found,
                did_you_mean(text == nullptr ? "" : *text, names,
                             std::string("set ") + section + ".name to one of them"),
                kExitUsage);
  }

  const ConfigSchema& schema_;
  const PathBase& paths_;
  const ConfigTable& root_;
  ResolvedConfig& result_;
};

}  // namespace

std::string ResolvedConfig::toml() const {
  ConfigTable all;
  all.set("benchmark", {std::string(kNoPreset)});
  overlay_options(all, tree);
  return write_toml(all);
}

nlohmann::json ResolvedConfig::json() const {
  auto result = json_of({tree});
  result["benchmark"] = benchmark;
  return result;
}

ResolvedConfig resolve_config(const ConfigSchema& schema, const ConfigInputs& inputs) {
  ConfigTable overrides = read_overrides(inputs.overrides);
  ConfigTable file = inputs.file ? read_file(*inputs.file) : ConfigTable();
  const auto file_benchmark = take_benchmark(file);
  const auto benchmark = take_benchmark(overrides);

  ResolvedConfig result;
  result.benchmark = benchmark        ? *benchmark
                     : file_benchmark ? *file_benchmark
                                      : schema.default_benchmark;
  Layers layers(schema);
  layers.add_preset(result.benchmark);
  layers.add(file);
  layers.add(overrides);

  refuse_unknown_sections(schema, layers.root());
  Resolver resolver(schema, inputs.paths, layers.root(), result);
  resolver.table("run", schema.run, result.run);
  resolver.component("dataset", CLH_DATASET, result.dataset);
  resolver.named("stream", schema.stream, result.stream);
  resolver.component("backbone", CLH_BACKBONE, result.backbone);
  resolver.named("head", schema.head, result.head);
  resolver.component("model", CLH_MODEL, result.model);
  resolver.named("optimizer", schema.optimizer, result.optimizer);
  resolver.table("train", schema.train, result.train);
  resolver.table("eval", schema.eval, result.eval);
  return result;
}

}  // namespace clh::core
