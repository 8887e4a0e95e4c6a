// Thrower: a model whose options cannot be made, so that its entry fails.
#include <clh/model.hpp>

namespace {

class Thrower final : public clh::Model {
 public:
  struct Options {
    Options() { throw clh::UsageError("[thrower] expected to be left alone, found a caller"); }
    void bind(clh::OptionBinder&) {}
  };
  Thrower(const clh::ModelContext& context, const Options&) : Model(context) {}
  double observe(const clh::Batch&) override { return 0.0; }
};

}  // namespace

CLH_PLUGIN(clh::model<Thrower>("thrower", "Cannot be described"));
