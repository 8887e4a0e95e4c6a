#include "core/options/renamed_options.hpp"

#include <algorithm>

namespace clh::core {
namespace {

/// `fix` is a sentence; without one the option has a new name and nothing else.
struct Renamed {
  const char* before;
  const char* now;
  const char* fix = nullptr;
};

constexpr Renamed kRenamed[] = {
    {"variant", "formula",
     "variant is called formula now: formula=reference-code for variant=paper, "
     "formula=paper (the default) for variant=fixed"},
    {"normalise", "normalize"},
    {"future", "unseen-tasks"},
    {"loss", "replay-weight",
     "replay-weight=X takes the place of loss=sum lambda=X; without it one mean is taken over "
     "both"},
    {"lambda", "replay-weight",
     "replay-weight=X takes the place of loss=sum lambda=X; without it one mean is taken over "
     "both"},
    {"no-sum", "summative", "summative=false takes the place of no-sum=true"},
    {"no-reg", "sparsity", "sparsity=false takes the place of no-reg=true"},
    {"wd", "weight-decay"},
    {"wd-reg", "weight-decay"},
    {"eps", "epsilon"},
    {"lr-gen", "generator-lr"},
    {"ft-lr", "fine-tune-lr"},
    {"ft-epochs", "fine-tune-epochs"},
    {"kd-t2", "temperature-squared"},
    {"batch-num", "rounds"},
    {"gss-minibatch", "compared"},
    {"fisher-n", "fisher-samples"},
    {"half", "half-lambda"},
    {"emb-clamp", "embedding-clamp"},
    {"shared-cov", "shared-covariance"},
    {"plastic-cov", "plastic-covariance"},
    {"n-aug", "views"},
    {"proj-dim", "projection-dim"},
    {"dim", "embedding-dim"},
    {"c", "strength"},
    {"c", "share"},
};

}  // namespace

std::string renamed_option(const std::string& key, const std::vector<std::string>& names) {
  for (const auto& option : kRenamed) {
    if (key == option.before && std::find(names.begin(), names.end(), option.now) != names.end()) {
      return option.fix != nullptr ? option.fix : key + " is called " + option.now + " now";
    }
  }
  return "";
}

}  // namespace clh::core
