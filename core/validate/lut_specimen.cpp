// The life of a node or a layer: gradient steps of the host's optimizer on its parameters.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <map>

#include "core/network/optimizer.hpp"
#include "core/validate/bench.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/specimen.hpp"

namespace clh::core {
namespace {

constexpr std::int64_t kLutBatches[] = {1, 7, 13, 4, 7, 13};
constexpr std::int32_t kFanIn = 4;

class LutSpecimen final : public Specimen {
 public:
  LutSpecimen(Workshop& workshop, const ProvidedComponent& provided, std::uint64_t seed,
              const ConfigTable& options)
      : node_(provided.kind == "node"),
        bench_(workshop, seed),
        instance_(
            make(bench_.choose(kind_of(provided.kind), workshop.full_name(provided), options))),
        mapping_(plain_mapping(kUnits, kFanIn, kLayerInputs)),
        x_(made_up_values({13, kLayerInputs}, 1)),
        target_(made_up_values({13, kUnits}, 2)),
        arena_(parameter_count()),
        optimizer_({"sgd", SgdOptions{}}) {
    for (const auto& parameter : parameters()) {
      arena_.attach(parameter.name, parameter.tensor, -1);
    }
    optimizer_.join(
        arena_, [this] { after_step(); }, "component");
    optimizer_.set_rate(0.1);
  }
  ~LutSpecimen() override { optimizer_.leave(arena_); }

  bool move() override {
    const auto batch = kLutBatches[moves_];
    optimizer_.zero_grad();
    const auto y = forward(x_.narrow(0, 0, batch));
    const auto loss = (y - target_.narrow(0, 0, batch)).square().mean();
    if (loss.requires_grad()) {
      loss.backward();
    }
    optimizer_.step();
    losses_.push_back(loss.item<double>());
    return ++moves_ < static_cast<std::int64_t>(std::size(kLutBatches));
  }

  void state(Archive& archive) {
    archive("moves", moves_);
    archive("losses", losses_);
    archive("arena", arena_);
    archive.record("buffers", [&] {
      for (const auto& buffer : buffers()) {
        auto values = buffer.tensor;
        archive(buffer.name.c_str(), values);
        if (archive.loading()) {
          const at::NoGradGuard no_grad;
          at::Tensor(buffer.tensor).copy_(values);
        }
      }
    });
    archive.record("component", [&] { instance_.state(archive); });
    archive("generators", bench_.run().generators);
    archive.record("streams", [&] { archive_streams(archive); });
  }
  void save(StateRecord& record) override { save_state(*this, record); }
  void load(const StateRecord& record) override { load_state(*this, record); }
  StateRecord* own(StateRecord& record) override { return own_part(record); }
  void outcome(StateRecord& record) override {
    save(record);
    record.values.emplace("outputs", forward(x_).detach());
    record.values.emplace("truth-table", truth_table());
  }

 private:
  Instance make(const clh_factory& factory) {
    return node_ ? make_node(bench_, factory, kFanIn) : make_layer(bench_, factory);
  }
  at::Tensor forward(const at::Tensor& x) const {
    return node_ ? node_forward(instance_, x, mapping_)
                 : instance_.map(instance_.table<clh_layer_vt>().forward, x);
  }
  at::Tensor truth_table() const {
    return instance_.make(node_ ? instance_.table<clh_node_vt>().truth_table
                                : instance_.table<clh_layer_vt>().truth_table);
  }
  std::vector<NamedTensor> parameters() const {
    return instance_.collect(node_ ? instance_.table<clh_node_vt>().parameters
                                   : instance_.table<clh_layer_vt>().parameters);
  }
  std::vector<NamedTensor> buffers() const {
    return node_ ? std::vector<NamedTensor>()
                 : instance_.collect(instance_.table<clh_layer_vt>().buffers);
  }
  void after_step() const {
    instance_.notify(node_ ? instance_.table<clh_node_vt>().after_step
                           : instance_.table<clh_layer_vt>().after_step);
  }
  std::int64_t parameter_count() const {
    std::int64_t count = 1;  // an arena of nothing is none
    for (const auto& parameter : parameters()) {
      count += parameter.tensor.numel();
    }
    return count;
  }
  void archive_streams(Archive& archive) {
    auto& streams = bench_.run().streams;
    std::vector<std::string> names;
    std::vector<std::uint64_t> positions;
    for (const auto& [name, position] : streams.save()) {
      names.push_back(name);
      positions.push_back(position);
    }
    archive("names", names)("positions", positions);
    if (archive.loading()) {
      std::map<std::string, std::uint64_t> saved;
      for (std::size_t i = 0; i < names.size(); ++i) {
        saved[names[i]] = positions.at(i);
      }
      streams.restore(saved);
    }
  }

  bool node_;
  Bench bench_;
  Instance instance_;
  at::Tensor mapping_, x_, target_;
  Arena arena_;
  Optimizer optimizer_;
  std::vector<double> losses_;
  std::int64_t moves_ = 0;
};

}  // namespace

std::unique_ptr<Specimen> make_lut_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                            std::uint64_t seed, const ConfigTable& options) {
  return std::make_unique<LutSpecimen>(workshop, provided, seed, options);
}

}  // namespace clh::core
