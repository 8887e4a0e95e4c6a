// Fakes for the tests of core/options: components made of option structs alone, and the host's own
// tables as a run would have them.
#pragma once
#include <clh/options.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/options/resolve_config.hpp"
#include "tests/support/error_of.hpp"

namespace clh::core {
// The host's own tables have these names too, and other tests of this binary use those.
inline namespace fakes {

/// What a refused action said.
struct Refusal {
  std::string slug, text, fix;
  int exit_code = 0;
};

/// Runs `action`, which must be refused.
template <class Action>
Refusal refusal_of(Action&& action) {
  const Error error = clh::test::error_of(action);
  return {error.slug(), error.what(), error.fix(), error.exit_code()};
}

struct ErOptions {
  std::int64_t buffer_size = 500;
  std::int64_t minibatch = 0;
  void bind(clh::OptionBinder& option) {
    option("buffer-size", buffer_size, "exemplars kept in memory").min(1).unit("samples");
    option("minibatch", minibatch, "exemplars drawn per step").min(0);
  }
};

struct EwcOptions {
  double strength = 0.5;
  std::int64_t old_strength = 7;
  void bind(clh::OptionBinder& option) {
    option("strength", strength, "weight of the penalty").above(0);
    option("old-strength", old_strength, "use strength").deprecated();
  }
};

struct MlpOptions {
  std::int64_t width = 10;
  std::int64_t depth = 1;
  void bind(clh::OptionBinder& option) {
    option("width", width, "units in each hidden layer").min(1);
    option("depth", depth, "number of hidden layers").min(1);
  }
};

struct LutOptions {
  clh::Component<clh::Layer> layer = "random";
  clh::Component<clh::Encoder> encoder;
  void bind(clh::OptionBinder& option) {
    option("layer", layer, "wiring");
    option("encoder", encoder, "binary code of the input");
  }
};

struct WiringOptions {
  std::int64_t pins = 6;
  clh::Component<clh::Node> node = "probabilistic";
  void bind(clh::OptionBinder& option) {
    option("pins", pins, "inputs of a node").range(1, 8);
    option("node", node, "what a node computes");
  }
};

struct NodeOptions {
  double temperature = 1;
  void bind(clh::OptionBinder& option) {
    option("temperature", temperature, "of the sigmoid").above(0);
  }
};

struct DatasetOptions {
  std::filesystem::path root = "/data";
  void bind(clh::OptionBinder& option) { option("root", root, "folder with the files"); }
};

/// Installed components that exist only as tables.
class FakeCatalogue {
 public:
  FakeCatalogue() {
    add<ErOptions>(CLH_MODEL, "er");
    add<EwcOptions>(CLH_MODEL, "ewc");
    add<clh::NoOptions>(CLH_MODEL, "sgd");
    add<MlpOptions>(CLH_BACKBONE, "mlp");
    add<LutOptions>(CLH_BACKBONE, "lut");
    add<WiringOptions>(CLH_LAYER, "random");
    add<NodeOptions>(CLH_NODE, "probabilistic");
    add<NodeOptions>(CLH_NODE, "linear");
    add<clh::NoOptions>(CLH_ENCODER, "thermometer");
    add<DatasetOptions>(CLH_DATASET, "fashion-mnist");
    add<DatasetOptions>(CLH_DATASET, "mnist");
  }

  /// Owner: borrows this object.
  ComponentLookup lookup() const {
    return {[this](clh_kind kind, const std::string& name) -> const clh_component& {
              const auto found = components_.find({kind, name});
              if (found == components_.end()) {
                throw Error("unknown-component",
                            "component: expected an installed one, found " + value_text({name}), "",
                            kExitUsage);
              }
              return found->second->component;
            },
            [](const clh_component& component) {
              return std::string("org.clh.") + component.id + '/' + component.id;
            }};
  }

 private:
  struct Fake {
    clh::ParamTable table;
    clh_component component{};
  };

  template <class Options>
  void add(clh_kind kind, const char* id) {
    auto fake = std::make_unique<Fake>();
    fake->table = clh::describe_options<Options>();
    fake->component.struct_size = sizeof(clh_component);
    fake->component.kind = kind;
    fake->component.id = fake->component.title = fake->component.doc = id;
    fake->component.n_params = static_cast<std::uint32_t>(fake->table.params.size());
    fake->component.params = fake->table.params.data();
    components_.emplace(std::pair(kind, std::string(id)), std::move(fake));
  }

  std::map<std::pair<clh_kind, std::string>, std::unique_ptr<Fake>> components_;
};

struct RunOptions {
  std::int64_t seed = 0;
  std::filesystem::path dir = "runs";
  std::string name;
  void bind(clh::OptionBinder& option) {
    option("seed", seed, "seed of every random stream").min(0);
    option("dir", dir, "where runs are kept");
    option("name", name, "name of the run");
  }
};

struct TrainOptions {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;
  void bind(clh::OptionBinder& option) {
    option("epochs", epochs, "passes over a task").min(0);
    option("batch-size", batch_size, "samples in a step").min(1);
  }
};

struct EvalOptions {
  bool unseen_tasks = true;
  void bind(clh::OptionBinder& option) {
    option("unseen-tasks", unseen_tasks, "evaluate unseen tasks too");
  }
};

enum class Scenario { kClassIl, kTaskIl, kDomainIl, kTaskFree };

struct StreamOptions {
  Scenario scenario = Scenario::kClassIl;
  bool normalize = true;
  void bind_common(clh::OptionBinder& option) {
    option("scenario", scenario, "what the model is told")
        .choices({"class-il", "task-il", "domain-il", "task-free"});
    option("normalize", normalize, "subtract the mean, divide by the deviation");
  }
};

struct ClassSplitOptions : StreamOptions {
  std::vector<std::int64_t> classes_per_task{2};
  void bind(clh::OptionBinder& option) {
    bind_common(option);
    option("classes-per-task", classes_per_task, "classes in a task").min(1);
  }
};

struct TasksOptions : StreamOptions {
  std::int64_t tasks = 10;
  void bind(clh::OptionBinder& option) {
    bind_common(option);
    option("tasks", tasks, "number of tasks").min(1);
  }
};

struct SgdOptions {
  double lr = 0.03;
  double momentum = 0;
  void bind(clh::OptionBinder& option) {
    option("lr", lr, "learning rate").above(0);
    option("momentum", momentum, "of the velocity").min(0).below(1);
  }
};

struct AdamOptions {
  double lr = 0.001;
  std::vector<double> betas{0.9, 0.999};
  void bind(clh::OptionBinder& option) {
    option("lr", lr, "learning rate").above(0);
    option("betas", betas, "decay of the moments").min(0).below(1);
  }
};

/// Owner:   borrows the catalogue.
inline ConfigSchema fake_schema(const FakeCatalogue& catalogue) {
  ConfigSchema schema;
  schema.run = clh::describe_options<RunOptions>();
  schema.train = clh::describe_options<TrainOptions>();
  schema.eval = clh::describe_options<EvalOptions>();
  schema.stream.tables.emplace("class-split", clh::describe_options<ClassSplitOptions>());
  schema.stream.tables.emplace("permuted", clh::describe_options<TasksOptions>());
  schema.stream.tables.emplace("rotated", clh::describe_options<TasksOptions>());
  schema.stream.default_name = "class-split";
  schema.head.tables.emplace("fixed", clh::describe_options<clh::NoOptions>());
  schema.head.tables.emplace("cosine", clh::describe_options<clh::NoOptions>());
  schema.head.default_name = "fixed";
  schema.optimizer.tables.emplace("sgd", clh::describe_options<SgdOptions>());
  schema.optimizer.tables.emplace("adam", clh::describe_options<AdamOptions>());
  schema.optimizer.default_name = "sgd";
  schema.components = catalogue.lookup();
  return schema;
}

}  // namespace fakes
}  // namespace clh::core
