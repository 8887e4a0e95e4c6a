// An encoder's life: fit, then encode batches of 1, 7 and 13 rows.
#include <ATen/core/Tensor.h>

#include "core/validate/bench.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/specimen.hpp"

namespace clh::core {
namespace {

constexpr std::int64_t kEncoderBatches[] = {1, 7, 13};

class EncoderSpecimen final : public Specimen {
 public:
  EncoderSpecimen(Workshop& workshop, const ProvidedComponent& provided, std::uint64_t seed,
                  const ConfigTable& options)
      : bench_(workshop, seed),
        encoder_(make_encoder(bench_,
                              bench_.choose(CLH_ENCODER, workshop.full_name(provided), options))),
        x_(made_up_values({40, kEncoderInputs}, 1)) {}

  bool move() override {
    const auto& table = encoder_.table<clh_encoder_vt>();
    if (moves_ == 0) {
      if (table.fit != nullptr) {
        call(table.fit, encoder_.self(), lend(x_));
      }
    } else {
      encoder_.map(table.encode, x_.narrow(0, 0, kEncoderBatches[moves_ - 1]));
    }
    return ++moves_ <= 3;
  }
  void state(Archive& archive) {
    archive("moves", moves_);
    archive.record("component", [&] { encoder_.state(archive); });
  }
  void save(StateRecord& record) override { save_state(*this, record); }
  void load(const StateRecord& record) override { load_state(*this, record); }
  StateRecord* own(StateRecord& record) override { return own_part(record); }
  void outcome(StateRecord& record) override {
    save(record);
    if (moves_ > 0) {
      record.values.emplace("bits", encoder_.map(encoder_.table<clh_encoder_vt>().encode, x_));
    }
  }

 private:
  Bench bench_;
  Instance encoder_;
  at::Tensor x_;  // [40, D]
  std::int64_t moves_ = 0;
};

}  // namespace

std::unique_ptr<Specimen> make_encoder_specimen(Workshop& workshop,
                                                const ProvidedComponent& provided,
                                                std::uint64_t seed, const ConfigTable& options) {
  return std::make_unique<EncoderSpecimen>(workshop, provided, seed, options);
}

}  // namespace clh::core
