// DefectivePlugin: a good encoder to which the environment variable CLH_DEFECT gives one defect, so
// that a test can see `cl-host validate` find it.
#include <clh/encoder.hpp>

#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

bool has_defect(const char* defect) {
  const char* chosen = std::getenv("CLH_DEFECT");
  return chosen != nullptr && std::string(chosen) == defect;
}

/// What a plugin reads off the command line that wants to be believed.
struct ReportPipe {
  int descriptor;
  std::string token;

  ReportPipe() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    const std::string words{std::istreambuf_iterator<char>(file), {}}, flag = "--report-to";
    const char* value = words.c_str() + words.find(flag) + flag.size() + 1;
    char* end = nullptr;
    descriptor = static_cast<int>(std::strtol(value, &end, 10));
    token = end + 1;
  }
  void write(const std::string& line) const {
    static_cast<void>(!::write(descriptor, line.data(), line.size()));
  }
};

/// Two hundred checks that passed, the first of them by number and name of the one that runs:
/// behind the three gates of static.*, when --include leaves nothing else of that group.
void forge_reports() {
  constexpr int kLoadOpens = 3;
  const ReportPipe pipe;
  for (int number = kLoadOpens; number < kLoadOpens + 200; ++number) {
    const std::string name = number == kLoadOpens ? "load.opens" : "forged";
    pipe.write(pipe.token + R"( {"number":)" + std::to_string(number) + R"(,"name":")" + name +
               R"(","component":"","verdict":"passed","expected":"","found":"","seconds":0})" +
               "\n" + pipe.token + R"( {"number":)" + std::to_string(number + 1) + "}\n");
  }
}

void misbehave(std::int64_t rows) {
  if (has_defect("thread")) {
    std::thread([] {
      for (;;) {
        ::pause();
      }
    }).detach();
  }
  if (has_defect("crash") && rows == 13) {
    std::raise(SIGSEGV);
  }
  if (has_defect("hang") && rows == 13) {
    for (;;) {
      ::pause();
    }
  }
  if (has_defect("exit") && rows == 13) {
    std::_Exit(0);
  }
  if (has_defect("print")) {
    std::puts("hello");
  }
  if (has_defect("environment")) {
    ::setenv("CLH_LEFT_BEHIND", "1", 1);
  }
}

/// One bit for each feature: above the mean of the samples that it was fitted to.
class DefectivePlugin final : public clh::Encoder {
 public:
  struct Options {
    double shift = 0;
    void bind(clh::OptionBinder& option) {
      option("shift", shift, "added to every mean").range(-1, 1);
    }
  };
  DefectivePlugin(const clh::EncoderContext& context, const Options& options)
      : Encoder(context), options_(options) {
    if (has_defect("descriptor")) {
      static_cast<void>(::dup(STDOUT_FILENO));
    }
    if (has_defect("memory")) {
      leaked_ = new std::vector<char>(1 << 20, 'x');
    }
  }

  clh::Shape output_shape() const override {
    auto dims = input_shape().dims();
    dims.push_back(1);
    return clh::Shape(dims);
  }
  void fit(clh::Rows<const float> x) override {
    means_.assign(static_cast<std::size_t>(x.cols()), 0);
    for (std::int64_t row = 0; row < x.rows(); ++row) {
      for (std::int64_t d = 0; d < x.cols(); ++d) {
        means_[static_cast<std::size_t>(d)] += x.row(row)[d] / static_cast<double>(x.rows());
      }
    }
  }
  void encode(clh::Rows<const float> x, clh::Rows<std::uint8_t> bits) const override {
    misbehave(x.rows());
    if (means_.empty()) {
      throw clh::UsageError("[defective-plugin] expected fit before encode, found none");
    }
    static std::int64_t calls_of_all = 0;
    const bool spoil = ++calls_of_all > 4 && has_defect("static");
    for (std::int64_t row = 0; row < x.rows(); ++row) {
      for (std::int64_t d = 0; d < x.cols(); ++d) {
        const auto mean = means_[static_cast<std::size_t>(d)] + options_.shift;
        bits.row(row)[d] = (x.row(row)[d] > mean) != spoil ? 1 : 0;
      }
    }
  }
  void state(clh::Archive& archive) override {
    auto means = means_;
    archive("means", means);
    if (!means.empty() && static_cast<std::int64_t>(means.size()) != input_shape().numel()) {
      throw clh::StatusError(CLH_E_STATE,
                             "[defective-plugin] expected a mean for each input, found others");
    }
    if (!has_defect("state")) {
      means_ = means;
    }
  }

 private:
  Options options_;
  std::vector<double> means_;
  const std::vector<char>* leaked_ = nullptr;
};

/// Says that it is as long as an encoder's table, and ends with text where a function should be.
struct ShortTable {
  std::uint32_t struct_size, reserved;
  clh_end_fn* destroy;
  decltype(clh_encoder_vt::fit) fit;
  char text[16];
};
static_assert(sizeof(ShortTable) == sizeof(clh_encoder_vt), "text where functions should be");

const clh_plugin* good_plugin() {
  return clh::plugin_table(
      clh_plugin_identity,
      clh::encoder<DefectivePlugin>("defective-plugin", "An encoder with one defect"));
}

clh_status create(const clh_host* host, const void* spec, const clh_value* args, clh_object* out,
                  clh_error* error) {
  const auto status = good_plugin()->components[0]->create(host, spec, args, out, error);
  if (status == CLH_OK) {
    out->component = nullptr;  // the host knows what it asked for
  }
  if (status == CLH_OK && has_defect("table")) {
    static const auto* whole = static_cast<const clh_encoder_vt*>(out->vtable);
    static const ShortTable table{sizeof(clh_encoder_vt), 0, whole->destroy, whole->fit,
                                  "no functions  "};
    out->vtable = &table;
  }
  if (status == CLH_OK && has_defect("exit-crash")) {
    std::atexit([] { std::raise(SIGABRT); });
  }
  return status;
}

}  // namespace

extern "C" CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host*, clh_error*) {
  static const clh_component component = [] {
    auto copy = *good_plugin()->components[0];
    copy.create = create;
    return copy;
  }();
  static const clh_component* const components[] = {&component};
  static const clh_plugin plugin = [] {
    auto copy = *good_plugin();
    copy.components = components;
    return copy;
  }();
  if (has_defect("locale")) {
    std::setlocale(LC_ALL, "C.UTF-8");
  }
  if (has_defect("report")) {
    ReportPipe().write("hello\n");
  }
  if (has_defect("report-forged")) {
    forge_reports();
  }
  if (has_defect("load-hang")) {
    ::pause();
  }
  if (has_defect("load-crash")) {
    std::raise(SIGSEGV);
  }
  return &plugin;
}
