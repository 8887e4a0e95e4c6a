// ReplayOptions: the options that every replay model has.
#pragma once
#include <clh/options.hpp>

#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

/// The paper's formula, or what the code behind its published table computes.
enum class Formula { kPaper, kReferenceCode };

/// Which samples a bounded memory keeps.
enum class Policy {
  kReservoir,        // a uniform sample of all that was seen: Vitter 1985, Algorithm R
  kClassBalanced,    // greedily as many of each class: Prabhu et al. 2020, GDumb, Algorithm 1
  kRing,             // the last of each class: Chaudhry et al. 2019, arXiv:1902.10486, section 4
  kHerding,          // at a task's end, class means kept: Rebuffi et al. 2017, arXiv:1611.07725
  kClosestToCenter,  // at a task's end, the nearest to the class mean of the features
  kFifo              // the last of all
};

struct ReplayOptions {
  std::int64_t buffer_size = 500;
  std::int64_t minibatch = 0;
  Policy policy = Policy::kReservoir;
  Formula formula = Formula::kPaper;

  /// Inputs: what `formula=reference-code` changes in this model, beside copies of samples.
  void bind(OptionBinder& option, const char* formula_doc = kCopies) {
    option("buffer-size", buffer_size, "exemplars kept in memory, |M|")
        .min(1)
        .at_least(kClasses)
        .when("policy", {"class-balanced", "ring", "herding", "closest-to-center"});
    option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
    option("policy", policy,
           "which exemplars stay; herding and closest-to-center choose at each task's end")
        .choices({"reservoir", "class-balanced", "ring", "herding", "closest-to-center", "fifo"});
    option("formula", formula, formula_doc).choices({"paper", "reference-code"});
  }

 private:
  static constexpr const char* kCopies =
      "reference-code: memory takes a sample anew in every epoch, as published code does";
};

}  // namespace clh
