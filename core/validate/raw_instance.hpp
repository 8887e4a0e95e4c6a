// RawInstance: an instance as its plugin hands it over, before the host puts anything around it.
#pragma once
#include <memory>

#include "core/data/sample_transform.hpp"
#include "core/network/criterion.hpp"
#include "core/network/network_table.hpp"
#include "core/validate/bench.hpp"

namespace clh::core {

class RawInstance final {
 public:
  /// Creates one at default options. Errors: CheckFailed when the plugin refuses.
  RawInstance(Workshop& workshop, const ProvidedComponent& provided);
  ~RawInstance();
  RawInstance(const RawInstance&) = delete;
  RawInstance& operator=(const RawInstance&) = delete;

  const clh_object& object() const { return object_; }
  void* self() const { return object_.self; }
  template <class Table>
  const Table& table() const {
    return *static_cast<const Table*>(object_.vtable);
  }
  /// Bytes that this ABI's table of a kind has.
  static std::uint32_t table_size(clh_kind kind);

  /// Shape of one input sample, without the batch.
  const Shape& input() const { return input_; }
  Bench& bench() { return bench_; }

 private:
  const void* make_spec(Workshop& workshop, const ProvidedComponent& provided);
  void make_model_parts();

  Bench bench_;
  Shape input_;
  clh_model_spec model_{};
  clh_backbone_spec backbone_{};
  clh_dataset_spec dataset_{};
  clh_encoder_spec encoder_{};
  clh_node_spec node_{};
  clh_layer_spec layer_{};
  std::unique_ptr<Network> network_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Criterion> criterion_;
  std::unique_ptr<SampleTransform> transform_;
  NetworkHandle handle_{};
  clh_object object_{};
};

}  // namespace clh::core
