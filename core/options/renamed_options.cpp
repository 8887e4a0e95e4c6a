#include "core/options/renamed_options.hpp"

namespace clh::core {
namespace {

/// `fix` is a sentence; without one the option has a new name and nothing else. `owner` is the end
/// of its full id, empty for every component.
struct Renamed {
  const char* owner;
  const char* before;
  const char* now;
  const char* fix = nullptr;
};

constexpr Renamed kRenamed[] = {
    {"", "variant", "formula",
     "variant is called formula now: formula=reference-code for variant=paper, "
     "formula=paper (the default) for variant=fixed"},
    {"", "normalise", "normalize"},
    {"", "future", "unseen-tasks"},
    {"/er", "loss", "replay-weight",
     "replay-weight=X takes the place of loss=sum lambda=X; without it one mean is taken over "
     "both"},
    {"/er", "lambda", "replay-weight",
     "replay-weight=X takes the place of loss=sum lambda=X; without it one mean is taken over "
     "both"},
    {"/adahat", "no-sum", "summative", "summative=false takes the place of no-sum=true"},
    {"/adahat", "no-reg", "sparsity", "sparsity=false takes the place of no-reg=true"},
    {"", "wd", "weight-decay"},
    {"", "wd-reg", "weight-decay"},
    {"", "eps", "epsilon"},
    {"", "lr-gen", "generator-lr"},
    {"", "ft-lr", "fine-tune-lr"},
    {"", "ft-epochs", "fine-tune-epochs"},
    {"", "kd-t2", "temperature-squared"},
    {"", "batch-num", "rounds"},
    {"", "gss-minibatch", "compared"},
    {"", "fisher-n", "fisher-samples"},
    {"", "half", "half-lambda"},
    {"", "emb-clamp", "embedding-clamp"},
    {"", "shared-cov", "shared-covariance"},
    {"", "plastic-cov", "plastic-covariance"},
    {"", "n-aug", "views"},
    {"", "proj-dim", "projection-dim"},
    {"/cope", "dim", "embedding-dim"},
    {"/si", "c", "strength"},
    {"/wsn", "c", "share"},
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::string renamed_option(const std::string& owner, const std::string& key) {
  for (const auto& option : kRenamed) {
    if (key == option.before && ends_with(owner, option.owner)) {
      return option.fix != nullptr ? option.fix : key + " is called " + option.now + " now";
    }
  }
  return "";
}

}  // namespace clh::core
