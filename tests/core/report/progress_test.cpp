#include "core/report/progress.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace clh::core {
namespace progress_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A clock that stands still until it is told, and counts how often it is read.
struct FakeClock {
  std::chrono::steady_clock::time_point now{seconds(1000)};
  int reads = 0;
  Progress::Clock reader() {
    return [this] {
      ++reads;
      return now;
    };
  }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(Progress, PlainLinePerFinishedTask) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {false, 80, clock.reader()});
  progress.begin_task({0, 2, 1000, 0});
  for (int step = 0; step < 1000; ++step) {
    clock.now += milliseconds(2);
    progress.advance(0.5);
  }
  EXPECT_EQ(out.str(), "");
  progress.finish_task("class-il 97.30 %");
  EXPECT_EQ(out.str(), "task 1/2  1000 batches  loss 0.5000  500 it/s  2.0 s  class-il 97.30 %\n");
}

TEST(Progress, EvaluationDoesNotCountAsTraining) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {false, 80, clock.reader()});
  progress.begin_task({1, 2, 10, 0});
  for (int step = 0; step < 10; ++step) {
    clock.now += milliseconds(100);
    progress.advance(0.5);
  }
  progress.end_training();
  clock.now += seconds(50);
  progress.finish_task();
  EXPECT_EQ(out.str(), "task 2/2  10 batches  loss 0.5000  10 it/s  1.0 s\n");
}

TEST(Progress, TaskWithoutSteps) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {false, 80, clock.reader()});
  progress.begin_task({0, 1, 0, 0});
  progress.finish_task();
  EXPECT_EQ(out.str(), "task 1/1  0 batches  0.0 s\n");
}

TEST(Progress, DrawsABarOnATerminal) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({1, 5, 400, 0});
  for (int step = 0; step < 4; ++step) {
    clock.now += milliseconds(250);
    progress.advance(0.25);
  }
  const auto text = out.str();
  EXPECT_EQ(text.substr(text.rfind('\r')),
            "\rtask 2/5  [>                   ]  4/400  loss 0.2500  4.0 it/s  ETA 1:39"
            "\x1b[K");
  progress.finish_task();
  EXPECT_EQ(out.str().substr(text.size()),
            "\rtask 2/5  [>                   ]  4/400  loss 0.2500  4.0 it/s  ETA 1:39"
            "\x1b[K\r\x1b[Ktask 2/5  4 batches  loss 0.2500  4 it/s  1.0 s\n");
}

TEST(Progress, RedrawsAtMostEvery100Milliseconds) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({0, 1, 100000, 0});
  for (int step = 0; step < 10000; ++step) {  // 2 seconds
    clock.now += microseconds(200);
    progress.advance(0.5);
  }
  const auto drawn = count(out.str(), "\r");
  EXPECT_LE(drawn, 20U);
  EXPECT_GE(drawn, 16U);  // a redraw is late by at most 64 steps = 12.8 ms
  EXPECT_LE(clock.reads, 10000 / 64 + 10);
}

TEST(Progress, SlowStepsAreDrawnOneByOne) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({0, 1, 3000, 0});
  for (int step = 0; step < 2500; ++step) {
    clock.now += microseconds(10);
    progress.advance(0.5);
  }
  for (int step = 0; step < 200; ++step) {  // at first the old stride of 64 steps is used up
    clock.now += seconds(1);
    progress.advance(0.5);
  }
  EXPECT_GE(count(out.str(), "\r"), 200U - 64U);
}

TEST(Progress, LossIsAMeanOfRecentSteps) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {false, 80, clock.reader()});
  progress.begin_task({0, 1, 2, 0});
  progress.advance(1.0);
  progress.advance(0.0);
  progress.finish_task();
  EXPECT_NE(out.str().find("loss 0.9500"), std::string::npos) << out.str();
}

TEST(Progress, ResumedTaskCountsItsEarlierBatches) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({0, 1, 100, 50});
  clock.now += milliseconds(1000);
  progress.advance(0.5);
  const auto text = out.str();
  EXPECT_NE(text.find("[==========>         ]  51/100"), std::string::npos) << text;
  EXPECT_NE(text.find("1.0 it/s  ETA 0:49"), std::string::npos) << text;
}

TEST(Progress, FitsTheTerminal) {
  for (const int width : {1, 10, 40, 60, 200}) {
    FakeClock clock;
    std::ostringstream out;
    Progress progress(out, {true, width, clock.reader()});
    progress.begin_task({0, 10, 123456, 0});
    clock.now += milliseconds(1);
    progress.advance(0.5);
    const auto text = out.str();
    const auto end = text.find("\x1b[K");
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - 1, static_cast<std::size_t>(std::max(width - 1, 1))) << width;
  }
}

TEST(Progress, UnknownNumberOfBatches) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({0, 1, 0, 0});
  clock.now += milliseconds(500);
  progress.advance(0.5);
  EXPECT_EQ(out.str(), "\rtask 1/1  1  loss 0.5000  2.0 it/s\x1b[K");
}

TEST(Progress, MoreBatchesThanAnnounced) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, {true, 80, clock.reader()});
  progress.begin_task({0, 1, 1, 0});
  for (int step = 0; step < 3; ++step) {
    clock.now += milliseconds(500);
    progress.advance(0.5);
  }
  EXPECT_NE(out.str().find("[====================]  3/1"), std::string::npos);
  EXPECT_NE(out.str().find("ETA 0:00"), std::string::npos);
}

TEST(Progress, MakesRoomForALogLine) {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, {true, 80, clock.reader()});
    progress.begin_task({0, 1, 10, 0});
    progress.clear();
    EXPECT_EQ(out.str(), "");
    progress.advance(0.5);
    out.str("");
    progress.clear();
    progress.clear();
    EXPECT_EQ(out.str(), "\r\x1b[K");
    clock.now += seconds(1);
    progress.advance(0.5);
    progress.advance(0.5);  // the clock is read at the first step and at the third
    EXPECT_NE(out.str(), "\r\x1b[K");
  }
  EXPECT_EQ(out.str().back(), '\n') << "a run that was stopped leaves its last line";
}

}  // namespace progress_test
}  // namespace clh::core
