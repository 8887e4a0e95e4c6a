// Namesake: a dataset whose class has the same name in every plugin that is built from this file,
// visible outside, with the note written by hand: what an author does who knows nothing of
// clh_add_plugin.
#include <clh/dataset.hpp>
#include <clh/note.h>

class Namesake : public clh::BulkDataset {
 public:
  struct Options {
    std::string label = NAME;
    void bind(clh::OptionBinder& option) { option("label", label, "the only class of " NAME); }
  };
  Namesake(const clh::DatasetContext& context, const Options& options)
      : BulkDataset(context), options_(options) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1};
    info.classes = {options_.label, NAME};
    return info;
  }
  clh::Samples load(clh::Split) override { return {}; }

 private:
  Options options_;
};

CLH_NOTE("id=org.clh.test." NAME "\nversion=1.0.0\nlicense=MIT\nprovides=dataset:" NAME
         "\nneeds=\n");
extern "C" const char* const clh_plugin_identity[5] = {("org.clh.test." NAME), "1.0.0", "MIT", "",
                                                       ""};

CLH_PLUGIN(clh::dataset<Namesake>(NAME, NAME));
