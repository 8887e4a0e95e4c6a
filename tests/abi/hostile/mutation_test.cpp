// Damaged copies of a plugin whose constructor leaves a trace: `list` reads any of them to its end,
// and runs none of their code.
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/abi/hostile/hostile_test.hpp"
#include <elf.h>

namespace clh::test {
namespace {

namespace fs = std::filesystem;

constexpr int kFolders = 10, kFilesEach = 100;
// Each costs a start of the program, so most of them belong to the full tier.
const int kNamed = std::getenv("CLH_TEST_TIER") != nullptr ? 200 : 40;

/// Damages copies of one image; the same seed gives the same copies everywhere.
class Mutator final {
 public:
  Mutator(std::string image, std::uint32_t seed) : image_(std::move(image)), noise_(seed) {}

  std::string next() {
    auto bytes = image_;
    switch (count_++ % 6) {
      case 0:  // cut off
        bytes.resize(below(bytes.size()));
        break;
      case 1:  // a damaged header
        flip(bytes, 0, sizeof(Elf64_Ehdr));
        break;
      case 2:  // damaged program headers
        flip(bytes, sizeof(Elf64_Ehdr), sizeof(Elf64_Phdr) * header().e_phnum);
        break;
      case 3: {  // a damaged note, dynamic section, or whatever else a segment holds
        const auto part = segment();
        flip(bytes, part.p_offset, std::max<std::size_t>(part.p_filesz, 1));
        break;
      }
      case 4:  // damage anywhere
        flip(bytes, 0, bytes.size());
        break;
      default: {  // a piece of the file in the place of another
        const auto length = below(512) + 1;
        const auto from = below(bytes.size() - length), to = below(bytes.size() - length);
        std::memmove(&bytes[to], &bytes[from], length);
        break;
      }
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return noise_() % limit; }

  Elf64_Ehdr header() const {
    Elf64_Ehdr header;
    std::memcpy(&header, image_.data(), sizeof header);
    return header;
  }

  Elf64_Phdr segment() {
    Elf64_Phdr segment;
    const auto number = below(header().e_phnum);
    std::memcpy(&segment, &image_[header().e_phoff + number * sizeof segment], sizeof segment);
    return segment;
  }

  /// Changes one to four bytes, each in one bit, wholly, or to the ends of its range.
  void flip(std::string& bytes, std::size_t offset, std::size_t size) {
    for (std::size_t left = below(4) + 1; left > 0; --left) {
      char& byte = bytes[offset + below(size)];
      const char choices[] = {static_cast<char>(byte ^ (1 << below(8))),
                              static_cast<char>(below(256)), '\0', '\xff'};
      byte = choices[below(4)];
    }
  }

  std::string image_;
  std::mt19937 noise_;
  int count_ = 0;
};

class Mutation : public HostileTest {
 protected:
  void SetUp() override { good_ = build("good", {"well_behaved.c", "writes_at_load.c"}); }

  const fs::path& good() const { return good_; }
  fs::path trace() const { return folder() / "trace"; }

  ProcessRequest listening(const Words& arguments) const {
    auto request = this->request(arguments);
    request.environment["CLH_TRACE_FILE"] = trace();
    return request;
  }

  static void write(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }

 private:
  fs::path good_;
};

TEST_F(Mutation, ThePluginLeavesATraceWhenItIsLoaded) {
  EXPECT_EQ(run_process(listening(Words{"list"} + only(good()))).exit_code, 0);
  EXPECT_FALSE(fs::exists(trace()));
  EXPECT_EQ(run_process(listening(Words{"describe", "well-behaved"} + only(good()))).exit_code, 0);
  EXPECT_TRUE(fs::exists(trace()));
}

TEST_F(Mutation, FoldersFullOfDamagedCopies) {
  Mutator mutator(file_bytes(good()), 1);
  int refused = 0, read = 0;
  for (int i = 0; i < kFolders; ++i) {
    const auto directory = folder() / ("plugins" + std::to_string(i));
    fs::create_directory(directory);
    for (int file = 0; file < kFilesEach; ++file) {
      write(directory / (std::to_string(file) + ".so"), mutator.next());
    }
    const auto list = run_process(
        listening({"list", "--json", "--no-default-plugins", "--plugin-dir", directory}));
    ASSERT_EQ(list.exit_code, 0) << "signal " << list.signal << " in " << directory << list.err;
    EXPECT_EQ(list.err, "");
    for (const auto& row : nlohmann::json::parse(list.out)) {
      // Copies that can be read have one id, and say so of each other.
      const bool sound = row["status"].get<std::string>().find("same id ") == 0;
      ++(sound ? read : refused);
    }
  }
  EXPECT_FALSE(fs::exists(trace()));
  EXPECT_GT(refused, kFolders * kFilesEach / 4);  // otherwise the copies are not damaged
  EXPECT_GT(read, kFolders * kFilesEach / 10);    // otherwise nothing behind the header is read
}

TEST_F(Mutation, DamagedCopiesNamedOneByOne) {
  Mutator mutator(file_bytes(good()), 2);
  const auto file = folder() / "damaged.so";
  int refused = 0;
  for (int i = 0; i < kNamed; i += 2) {
    // Two at a time: most of it is the start of the executable.
    const auto other = folder() / "other.so";
    write(file, mutator.next());
    write(other, mutator.next());
    Process second(listening(Words{"list"} + only(other)));
    const auto result = run_process(listening(Words{"list"} + only(file)));
    for (const auto& [path, end] :
         {std::make_pair(file, result), std::make_pair(other, second.finish())}) {
      if (end.exit_code == 0) {
        EXPECT_EQ(end.err, "");
        continue;
      }
      ++refused;
      ASSERT_EQ(end.exit_code, 3) << "copy " << i << ", signal " << end.signal << "\n" << end.err;
      EXPECT_EQ(end.err.find("error["), 0U) << end.err;
      EXPECT_NE(end.err.find("]: " + path.string() + ": expected "), std::string::npos) << end.err;
      EXPECT_NE(end.err.find("\n  fix: "), std::string::npos) << end.err;
    }
  }
  EXPECT_FALSE(fs::exists(trace()));
  EXPECT_GT(refused, kNamed / 4);
}

TEST_F(Mutation, DamagedCopiesThatAreLoadedTakeNothingWithThem) {
  Mutator mutator(file_bytes(good()), 3);
  const auto file = folder() / "damaged.so";
  for (int i = 0; i < 12; ++i) {
    write(file, mutator.next());
    const auto result = host(Words{"describe", "well-behaved", "--timeout", "20"} + only(file));
    // 2: the name in the note is damaged
    const bool known = result.exit_code == 0 || result.exit_code == 2 || result.exit_code == 3 ||
                       result.exit_code == 4;
    EXPECT_TRUE(known) << "copy " << i << ", exit code " << result.exit_code << ", signal "
                       << result.signal << "\n"
                       << result.err;
    EXPECT_EQ(result.err.empty(), result.exit_code == 0) << result.err;
  }
}

}  // namespace
}  // namespace clh::test
