// Save at any batch, load in another process, continue = bitwise equal to never having stopped: for
// every model, backbone, head and optimizer of this build.
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "core/state/checkpoint.hpp"
#include "core/state/state_difference.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>
#include <unistd.h>

namespace resume_test {

using clh::core::state_difference;
using clh::test::TemporaryDirectory;
using clh::test::TestRun;

/// A second process, started once, that continues runs whose first half it never saw.
class Resumer {
 public:
  Resumer() {
    int words[2], answers[2];
    if (::pipe(words) != 0 || ::pipe(answers) != 0) {
      throw std::runtime_error("expected room for two pipes");
    }
    const auto program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "resume_probe";
    const auto child = ::fork();
    if (child == 0) {
      ::dup2(words[0], STDIN_FILENO);
      ::dup2(answers[1], STDOUT_FILENO);
      ::close(words[1]);  // or it would never see the end of its input
      ::execl(program.c_str(), program.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(words[0]);
    ::close(answers[1]);
    words_ = ::fdopen(words[1], "w");
    answers_ = ::fdopen(answers[0], "r");
  }
  ~Resumer() {
    std::fclose(words_);  // ends it
    std::fclose(answers_);
  }
  Resumer(const Resumer&) = delete;
  Resumer& operator=(const Resumer&) = delete;

  /// Loads the state in `half-lambda`, runs to the end and writes the state to `out`.
  /// Returns: what went wrong, empty = nothing.
  std::string finish(const std::string& half, const std::string& out, const std::string& job) {
    std::fprintf(words_, "%s %s %s\n", half.c_str(), out.c_str(), job.c_str());
    std::fflush(words_);
    char line[4096];
    if (std::fgets(line, sizeof line, answers_) == nullptr) {
      return "expected an answer, found the end of the process";
    }
    const std::string answer(line);
    return answer == "done\n" ? "" : answer;
  }

 private:
  std::FILE *words_, *answers_;
};

class Resume : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    if (resumer_ == nullptr) {
      resumer_ = std::make_unique<Resumer>();
    }
  }
  static std::unique_ptr<Resumer> resumer_;
};

std::unique_ptr<Resumer> Resume::resumer_;

TEST_P(Resume, InAnotherProcessEqualsNeverHavingStopped) {
  const TemporaryDirectory directory;
  const auto half = (directory.path() / "half").string();
  const auto resumed = (directory.path() / "resumed").string();
  const auto job = std::string("dataset=tiny train.iterations=6 ") + GetParam();
  std::istringstream text(job);
  TestRun run({std::istream_iterator<std::string>(text), {}});
  run.train(16);  // into the third task
  const auto then = run.save();
  clh::core::write_checkpoint(half, *then);
  run.train();
  ASSERT_EQ(resumer_->finish(half, resumed, job), "");
  const auto whole = run.save();
  EXPECT_EQ(state_difference(*whole, *clh::core::read_checkpoint(resumed)), "");
  EXPECT_NE(state_difference(*whole, *then), "");
}

INSTANTIATE_TEST_SUITE_P(
    Models, Resume,
    testing::Values(
        "model=sgd", "model=er", "model=der", "model=derpp", "model=agem model.minibatch=8",
        "model=ewc model.lambda=10 model.fisher-samples=40",
        "model=ewc model.mode=separate model.lambda=10 model.fisher-samples=40 head=incremental",
        "model=lwf", "model=lwf head=incremental", "model=lwf model.formula=reference-code",
        "model=joint", "model=agem-r model.minibatch=8 model.buffer-size=40",
        "model=er-ace model.buffer-size=40", "model=er-ace head=incremental",
        "model=fdr model.buffer-size=40", "model=fdr model.formula=reference-code head=incremental",
        "model=gss model.buffer-size=40 model.rounds=2",
        "model=hal model.buffer-size=40 model.anchor-steps=5",
        "model=hal model.formula=reference-code",
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
        "model=bic head=incremental", "model=lucir model.buffer-size=40 model.fine-tune-epochs=3",
        "model=lucir model.fine-tune-epochs=1 head=incremental optimizer.momentum=0.9",
        "model=rpc model.buffer-size=40", "model=rwalk model.delta-t=4", "model=si",
        "model=generative-replay model.hidden=20 model.latent=4",
        "model=generative-replay model.target=soft model.hidden=20 optimizer=adam "
        "optimizer.lr=0.001 head=multi-head stream.scenario=task-il",
        "model=er-aml model.buffer-size=40", "model=er-aml stream.scenario=task-free",
        "model=scr model.buffer-size=40 model.minibatch=8 optimizer.momentum=0.9",
        "model=scr model.minibatch=8 stream.scenario=task-free",
        "model=cope model.buffer-size=40 model.inner=2 optimizer.momentum=0.9",
        "model=cope head=incremental",
        "model=xder model.buffer-size=40 model.simclr-batch=4 model.views=2",
        "model=xder model.buffer-size=40 head=incremental",
        "model=si model.formula=reference-code head=incremental"));
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
                    "model=er model.policy=closest-to-center model.buffer-size=20 head=incremental",
                    "model=si model.active=seen head=incremental",
                    "model=ewc model.active=task model.fisher-samples=40"));
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

}  // namespace resume_test
