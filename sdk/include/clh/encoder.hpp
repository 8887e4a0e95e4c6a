// Encoder: turns real features into bits for LUT networks; neutral tier, plain host memory.
#pragma once
#include <clh/data/host_array.hpp>
#include <clh/plugin.hpp>
#include <clh/data/rows.hpp>

#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

using EncoderContext = Context<clh_encoder_spec>;

/// Maps [N, D] float32 to [N, D * bits] uint8 0/1; bits of a feature are adjacent.
class Encoder : public HostServices {
 public:
  using Options = NoOptions;
  explicit Encoder(const EncoderContext& context)
      : HostServices(context.host), input_(context.spec->input) {}
  virtual ~Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Input dimensions and, last, the bits of each feature.
  virtual Shape output_shape() const = 0;
  /// Learns thresholds from x [N, D], N >= 1, finite.
  virtual void fit(Rows<const float> x) { static_cast<void>(x); }
  /// Writes every element of bits [N, D * bits]. Errors: UsageError before fit.
  virtual void encode(Rows<const float> x, Rows<std::uint8_t> bits) const = 0;
  virtual void state(Archive&) {}

 protected:
  const Shape& input_shape() const { return input_; }
  RandomStream rng(const char* name) const { return {c_host(), name}; }

 private:
  friend struct EncoderKind;
  Shape input_;
};

struct EncoderKind {
  using Spec = clh_encoder_spec;
  using Errors = NeutralErrors;
  static constexpr clh_kind kKind = CLH_ENCODER;
  static TorchSizes torch() { return {}; }
  static const Shape& input(const Encoder& encoder) { return encoder.input_; }
  static void write(const Shape& shape, clh_shape* out) noexcept {
    static_cast<void>(guard<Errors>(nullptr, [&] { *out = shape.c_shape(); }));
  }

  template <class T>
  static void* wrap(T* object) {
    return static_cast<Encoder*>(object);
  }
  template <class T>
  static T& self(void* p) {
    return *static_cast<T*>(static_cast<Encoder*>(p));
  }
  template <class T>
  static const clh_encoder_vt* table() {
    static const clh_encoder_vt vt{
        sizeof(clh_encoder_vt), 0, [](void* p) { delete static_cast<Encoder*>(p); },
        [](void* p, const clh_tensor* x, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            auto& encoder = self<T>(p);
            const BorrowedTensor borrowed(encoder.c_host(), x);
            encoder.fit(borrowed.rows(input(encoder)));
          });
        },
        [](void* p, clh_shape* out) { write(self<T>(p).output_shape(), out); },
        [](void* p, const clh_tensor* x, clh_tensor** out, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            auto& encoder = self<T>(p);
            const clh_host* host = encoder.c_host();
            const BorrowedTensor borrowed(host, x);
            const auto rows = borrowed.rows(input(encoder));
            const auto shape = encoder.output_shape();
            std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows.rows() * shape.numel()));
            encoder.encode(rows, Rows<std::uint8_t>(bits.data(), rows.rows(), shape.numel()));
            auto dims = shape.dims();
            dims.insert(dims.begin(), rows.rows());
            call(host->tensor_from_dlpack, host->ctx, give_array(std::move(dims), std::move(bits)),
                 out);
          });
        }};
    return &vt;
  }
  template <class T>
  static const void* extension(const char*) {
    return nullptr;
  }
};

template <class T>
ComponentDescription encoder(const char* id, const char* title) {
  return describe<EncoderKind, T>(id, title);
}

}  // namespace clh
