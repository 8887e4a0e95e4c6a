// Save at any batch, load in a new process, continue = bitwise equal to never having stopped: for
// every model, backbone, head and optimizer of this build.
#include <torch/torch.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/run/checkpoint.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace {

using clh::core::StateRecord;
using clh::test::TemporaryDirectory;

/// The first difference between two states, empty if there is none. Wall times may differ.
std::string difference(const StateRecord& a, const StateRecord& b, const std::string& path = "") {
  if (a.values.size() != b.values.size() || a.children.size() != b.children.size()) {
    return path + ": number of entries";
  }
  for (const auto& [key, value] : a.values) {
    const auto other = b.values.find(key);
    if (other == b.values.end() || other->second.index() != value.index()) {
      return path + "/" + key + ": missing or of another type";
    }
    if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
      const auto& right = std::get<at::Tensor>(other->second);
      // Bits, so that NaN equals NaN.
      if (tensor->defined() != right.defined() ||
          (tensor->defined() &&
           (tensor->sizes() != right.sizes() || tensor->scalar_type() != right.scalar_type() ||
            std::memcmp(tensor->data_ptr(), right.data_ptr(), tensor->nbytes()) != 0))) {
        return path + "/" + key + ": tensor";
      }
    } else if (std::get_if<double>(&value) != nullptr) {
      if (std::get<double>(value) != std::get<double>(other->second)) {
        return path + "/" + key + ": real";
      }
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      if (*number != std::get<std::int64_t>(other->second)) {
        return path + "/" + key + ": integer";
      }
    } else if (const auto* bytes = std::get_if<StateRecord::Bytes>(&value)) {
      if (*bytes != std::get<StateRecord::Bytes>(other->second)) {
        return path + "/" + key + ": bytes";
      }
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      if (*text != std::get<std::string>(other->second)) {
        return path + "/" + key + ": text";
      }
    }
  }
  for (const auto& [key, child] : a.children) {
    const auto other = b.children.find(key);
    if (other == b.children.end()) {
      return path + "/" + key + ": missing";
    }
    if (path.empty() && key == "timing") {
      continue;
    }
    const auto found = difference(*child, *other->second, path + "/" + key);
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

class Resume : public testing::TestWithParam<const char*> {
 protected:
  void probe(const std::string& arguments) const {
    const auto program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "resume_probe";
    const auto command =
        program.string() + " " + arguments + " dataset=tiny train.iterations=6 " + GetParam();
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 0) << command;
  }
};

TEST_P(Resume, InANewProcessEqualsNeverHavingStopped) {
  const TemporaryDirectory directory;
  const auto whole = (directory.path() / "whole").string();
  const auto half = (directory.path() / "half").string();
  const auto resumed = (directory.path() / "resumed").string();
  probe(whole);
  probe(half + " --batches 16");  // in the third task
  probe(resumed + " --load " + half);
  EXPECT_EQ(difference(*clh::core::read_checkpoint(whole), *clh::core::read_checkpoint(resumed)),
            "");
  EXPECT_NE(difference(*clh::core::read_checkpoint(whole), *clh::core::read_checkpoint(half)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Models, Resume,
    testing::Values(
        "model=sgd", "model=er", "model=der", "model=derpp", "model=agem model.minibatch=8",
        "model=ewc model.lambda=10 model.fisher-n=40",
        "model=ewc model.mode=separate model.lambda=10 model.fisher-n=40 head=incremental",
        "model=lwf", "model=lwf head=incremental", "model=lwf model.variant=paper", "model=joint",
        "model=agem-r model.minibatch=8 model.buffer-size=40", "model=er-ace model.buffer-size=40",
        "model=er-ace head=incremental", "model=fdr model.buffer-size=40",
        "model=fdr model.variant=paper head=incremental",
        "model=gss model.buffer-size=40 model.batch-num=2",
        "model=hal model.buffer-size=40 model.anchor-steps=5", "model=hal model.variant=paper",
        "model=mer model.buffer-size=40 model.minibatch=8 model.beta=0.5 model.gamma=0.5",
        "model=mir model.buffer-size=40 model.minibatch=4 model.subsample=8",
        "model=cumulative model.reinit=true", "model=gdumb model.epochs=2 model.buffer-size=40",
        "model=gdumb model.epochs=2 model.buffer-size=40 stream.scenario=task-free",
        "model=gem model.buffer-size=40", "model=gem model.selection=last head=incremental",
        "model=icarl model.buffer-size=40", "model=icarl head=incremental",
        "model=mas model.lambda=0.1", "model=mas model.accumulate=ema backbone=cnn", "model=ncm",
        "model=ncm model.source=current model.backbone=first-task",
        "model=ncm model.source=memory model.backbone=replay model.buffer-size=40 head=incremental",
        "model=slda", "model=slda model.base-init=oas model.backbone=first-task",
        "model=slda stream.scenario=task-free", "model=fecam", "model=bic model.buffer-size=40",
        "model=bic head=incremental", "model=lucir model.buffer-size=40 model.ft-epochs=3",
        "model=lucir model.ft-epochs=1 head=incremental optimizer.momentum=0.9",
        "model=rpc model.buffer-size=40", "model=rwalk model.delta-t=4", "model=si",
        "model=generative-replay model.hidden=20 model.latent=4",
        "model=generative-replay model.target=soft model.hidden=20 optimizer=adam "
        "optimizer.lr=0.001 head=multi-head stream.scenario=task-il",
        "model=er-aml model.buffer-size=40", "model=er-aml stream.scenario=task-free",
        "model=scr model.buffer-size=40 model.minibatch=8 optimizer.momentum=0.9",
        "model=scr model.minibatch=8 stream.scenario=task-free",
        "model=cope model.buffer-size=40 model.inner=2 optimizer.momentum=0.9",
        "model=cope head=incremental",
        "model=xder model.buffer-size=40 model.simclr-batch=4 model.n-aug=2",
        "model=xder model.buffer-size=40 head=incremental",
        "model=si model.variant=paper head=incremental"));
INSTANTIATE_TEST_SUITE_P(
    Gated, Resume,
    testing::Values(
        "model=hat stream.scenario=task-il head=multi-head backbone.width=20",
        "model=hat model.mode=random stream.scenario=task-il optimizer=adam optimizer.lr=0.001 "
        "optimizer.reset=never backbone.width=20",
        "model=hat stream.scenario=task-il head=incremental backbone=resnet18 backbone.width=2 "
        "backbone.norm=instance optimizer.momentum=0.9",
        "model=adahat model.alpha=0.1 stream.scenario=task-il head=multi-head backbone.width=20",
        "model=cbp model.rho=0.05 model.maturity=2 backbone.width=20 head=incremental",
        "model=cbp model.rho=0.05 model.maturity=2 backbone.width=20 stream.scenario=task-free "
        "optimizer.momentum=0.9"));
INSTANTIATE_TEST_SUITE_P(
    TaskParts, Resume,
    testing::Values(
        "model=random-init", "model=independent stream.scenario=task-il optimizer.momentum=0.9",
        "model=independent stream.scenario=task-il head=incremental backbone=resnet18 "
        "backbone.width=2",
        "model=lwf-mc", "model=lwf-mc head=incremental",
        "model=lfl stream=permuted stream.scenario=domain-il stream.tasks=5",
        "model=lfl stream.scenario=task-il head=multi-head optimizer.momentum=0.9",
        "model=cwr-star", "model=cwr-star model.bias=true head=incremental",
        "model=packnet stream.scenario=task-il optimizer.momentum=0.9",
        "model=packnet stream.scenario=task-il head=incremental backbone=resnet18 "
        "backbone.width=2 optimizer=adam optimizer.lr=0.001 optimizer.reset=never",
        "model=wsn stream.scenario=task-il head=multi-head",
        "model=wsn model.score-reset=true stream.scenario=task-il backbone=resnet18 "
        "backbone.width=2 optimizer=adam optimizer.lr=0.001 optimizer.reset=never",
        "model=pnn stream.scenario=task-il optimizer.momentum=0.9",
        "model=pnn model.adapter=linear stream.scenario=task-il head=incremental optimizer=adam "
        "optimizer.lr=0.001 optimizer.reset=never",
        "model=pnn model.adapter=none stream.scenario=task-il head=multi-head"));
INSTANTIATE_TEST_SUITE_P(
    Policies, Resume,
    testing::Values("model=er model.policy=class-balanced model.buffer-size=20 model.active=seen",
                    "model=er model.policy=ring model.buffer-size=20 stream.scenario=task-free",
                    "model=er model.policy=herding model.buffer-size=20 model.active=task",
                    "model=er model.policy=closest-to-centre model.buffer-size=20 head=incremental",
                    "model=si model.active=seen head=incremental",
                    "model=ewc model.active=task model.fisher-n=40"));
INSTANTIATE_TEST_SUITE_P(
    Parts, Resume,
    testing::Values(
        "model=er optimizer=adam optimizer.lr=0.001 optimizer.reset=never",
        "model=twin optimizer=adam optimizer.lr=0.001 optimizer.reset=never",
        "model=twin backbone=lut backbone.widths=[60,40] optimizer.momentum=0.9",
        "model=sgd optimizer.momentum=0.9 optimizer.nesterov=true", "model=derpp head=incremental",
        "model=er head=multi-head stream.scenario=task-il",
        "model=er stream=rotated stream.scenario=domain-il stream.tasks=5 train.batch-size=10",
        "model=er stream.scenario=task-free", "model=lwf backbone=cnn",
        "model=lwf backbone=lut backbone.widths=[60,40]"));

}  // namespace
