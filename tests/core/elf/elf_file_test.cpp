#include "core/elf/elf_file.hpp"

#include <random>
#include <utility>

#include "core/plugins/compatibility.hpp"
#include "tests/support/elf_image.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace clh::core {
namespace elf_file_test {

using test::ElfImage;
using test::ElfNote;
using test::NoteText;

ElfFile read(const std::string& image) {
  return read_elf(image.data(), image.size(), "x.so");
}

Error error_of_reading(const std::string& image) {
  return test::error_of([&] { read(image); });
}

// "slug: text" of the error, so that one comparison shows both.
std::string refusal(const std::string& image) {
  const Error error = error_of_reading(image);
  EXPECT_EQ(error.exit_code(), kExitPlugin);
  EXPECT_FALSE(error.fix().empty());
  return error.slug() + ": " + error.what();
}

TEST(ElfFile, ReadsMachineLibrariesAndNote) {
  ElfImage image;
  image.machine = EM_AARCH64;
  image.needed = {"libtorch_cpu.so.1.13", std::string(300, 'l'), "libc.so.6"};
  const ElfFile file = read(image.bytes());
  EXPECT_EQ(file.machine, EM_AARCH64);
  EXPECT_EQ(file.needed, image.needed);
  EXPECT_EQ(file.note, NoteText().text());
}

TEST(ElfFile, ReadsTheSameThroughADescriptor) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("x.so", ElfImage().bytes());
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const ElfFile file = read_elf(descriptor, "x.so");
  ::close(descriptor);
  EXPECT_EQ(file.note, NoteText().text());
  EXPECT_EQ(file.needed, ElfImage().needed);
}

TEST(ElfFile, RefusesWhatIsNoSharedObject) {
  EXPECT_EQ(refusal(""), "not-elf: x.so: expected a shared object, found an empty file");
  EXPECT_EQ(refusal("GROUP ( libc.so.6 )"),
            "not-elf: x.so: expected a shared object, found a file that is not ELF");
  ElfImage image;
  image.type = ET_EXEC;
  EXPECT_EQ(refusal(image.bytes()),
            "not-elf: x.so: expected a shared object (ELF type 3), found ELF type 2");
  image.type = ET_DYN;
  image.flags_1 = DF_1_PIE;
  EXPECT_EQ(refusal(image.bytes()), "not-elf: x.so: expected a shared object, found an executable");
}

TEST(ElfFile, RefusesADirectory) {
  const test::TemporaryDirectory directory;
  const int descriptor = ::open(directory.path().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const Error error = test::error_of([&] { read_elf(descriptor, "x.so"); });
  ::close(descriptor);
  EXPECT_EQ(error.slug(), "not-elf");
}

TEST(ElfFile, RefusesOtherWordSizesAndByteOrders) {
  std::string image = ElfImage().bytes();
  test::header_of(image).e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(refusal(image),
            "wrong-arch: x.so: expected a 64-bit little-endian shared object, found a 32-bit one");
  image = ElfImage().bytes();
  test::header_of(image).e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_EQ(
      refusal(image),
      "wrong-arch: x.so: expected a 64-bit little-endian shared object, found a big-endian one");
}

TEST(ElfFile, RefusesEveryTruncation) {
  const std::string whole = ElfImage().bytes();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    // A copy of exactly that size, so that a sanitizer sees a read beyond it.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const Error error = test::error_of([&] { read_elf(cut.data(), cut.size(), "x.so"); });
    EXPECT_EQ(error.slug(), size < SELFMAG ? "not-elf" : "truncated") << size << " bytes";
  }
  EXPECT_EQ(
      refusal(whole.substr(0, 40)),
      "truncated: x.so: expected 64 bytes of ELF header at offset 0, found a file of 40 bytes");
}

TEST(ElfFile, RefusesSegmentsOutsideTheFile) {
  for (const std::uint32_t type : {PT_LOAD, PT_DYNAMIC, PT_NOTE}) {
    for (const std::uint64_t offset : {std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
      std::string image = ElfImage().bytes();
      test::segment_of(image, type).p_offset = offset;
      EXPECT_EQ(error_of_reading(image).slug(), "truncated") << "segment type " << type;
    }
  }
}

TEST(ElfFile, RefusesHeadersThatContradictEachOther) {
  const auto damaged = [](auto damage) {
    std::string image = ElfImage().bytes();
    damage(image);
    return refusal(image);
  };
  const auto count_of_headers = [&damaged](unsigned count, unsigned size) {
    return damaged([=](std::string& image) {
      test::header_of(image).e_phnum = static_cast<Elf64_Half>(count);
      test::header_of(image).e_phentsize = static_cast<Elf64_Half>(size);
    });
  };
  const std::string headers = "not-elf: x.so: expected at most 512 program headers of 56 bytes, ";
  EXPECT_EQ(count_of_headers(3, 55), headers + "found 3 of 55");
  EXPECT_EQ(count_of_headers(513, 56), headers + "found 513 of 56");
  const std::string none = "not-elf: x.so: expected a load segment, found none";
  EXPECT_EQ(count_of_headers(0, 56), none);
  const auto retyped = [&damaged](std::uint32_t from, std::uint32_t to) {
    return damaged([=](std::string& image) { test::segment_of(image, from).p_type = to; });
  };
  EXPECT_EQ(retyped(PT_LOAD, PT_NULL), none);
  EXPECT_EQ(retyped(PT_NOTE, PT_DYNAMIC),
            "not-elf: x.so: expected one dynamic segment, found none or several");
  EXPECT_EQ(retyped(PT_DYNAMIC, PT_NULL),
            "not-elf: x.so: expected one dynamic segment, found none or several");
  const std::string loads =
      "not-elf: x.so: expected load segments that follow one another, found overlapping or "
      "oversized ones";
  EXPECT_EQ(retyped(PT_NOTE, PT_LOAD), loads);
  EXPECT_EQ(damaged([](std::string& image) { test::segment_of(image, PT_LOAD).p_memsz = 1; }),
            loads);
  EXPECT_EQ(damaged([](std::string& image) { test::segment_of(image, PT_LOAD).p_vaddr = ~0ULL; }),
            loads);
  EXPECT_EQ(damaged([](std::string& image) { test::segment_of(image, PT_DYNAMIC).p_vaddr += 16; }),
            "not-elf: x.so: expected a dynamic segment inside a load segment, found one elsewhere");
}

TEST(ElfFile, RefusesADynamicSegmentThatTheLinkerWouldReadDifferently) {
  const auto damaged = [](std::int64_t tag, std::int64_t new_tag, std::uint64_t value) {
    std::string image = ElfImage().bytes();
    Elf64_Dyn& entry = test::entry_of(image, tag);
    entry.d_tag = new_tag;
    entry.d_un.d_val = value;
    return refusal(image);
  };
  EXPECT_EQ(damaged(DT_NULL, DT_DEBUG, 0),
            "not-elf: x.so: expected a dynamic segment with an end, found none in 5 entries");
  EXPECT_EQ(damaged(DT_STRTAB, DT_STRTAB, 1 << 20),
            "not-elf: x.so: expected a string table inside a load segment, found none");
  EXPECT_EQ(damaged(DT_STRSZ, DT_STRSZ, 1 << 20),
            "not-elf: x.so: expected a string table inside a load segment, found none");
  EXPECT_EQ(damaged(DT_NEEDED, DT_NEEDED, 1 << 20),
            "not-elf: x.so: expected library names inside the string table, found one outside");
  EXPECT_EQ(damaged(DT_STRSZ, DT_STRSZ, 4),
            "not-elf: x.so: expected library names with an end, found one without");
}

TEST(ElfFile, RefusesAFileWithoutOurNote) {
  const std::string expected = "no-note: x.so: expected a plugin note (.note.clh), found none";
  ElfImage image;
  image.notes = {};
  EXPECT_EQ(refusal(image.bytes()), expected);
  image.notes = {{"text", std::string("GNU\0", 4), 1},
                 {"text", std::string("clh\0", 4), 2},
                 {"text", "clh", 1},
                 {"text", std::string("clhx\0", 5), 1}};
  EXPECT_EQ(refusal(image.bytes()), expected);
}

TEST(ElfFile, FindsOurNoteAmongOthers) {
  ElfImage image;
  image.notes = {{"12345", std::string("GNU\0", 4), 3}, {"ours"}, {"", "", 0}};
  EXPECT_EQ(read(image.bytes()).note, "ours");
}

TEST(ElfFile, RefusesTwoNotesOfOurs) {
  ElfImage image;
  image.notes = {{"one"}, {"two"}};
  EXPECT_EQ(refusal(image.bytes()),
            "bad-note: x.so: expected one plugin note (.note.clh), found two");
}

TEST(ElfFile, CountsANoteInTwoSegmentsOnce) {
  std::string image = ElfImage().bytes();
  test::header_of(image).e_phnum = 3;
  // The dynamic segment is needed, so the second note segment takes a fourth header's place.
  const Elf64_Phdr note = test::segment_of(image, PT_NOTE);
  image.append(4 * sizeof(Elf64_Phdr), '\0');
  const std::size_t table = image.size() - 4 * sizeof(Elf64_Phdr);
  image.replace(table, 3 * sizeof(Elf64_Phdr), image.substr(sizeof(Elf64_Ehdr), 3 * sizeof note));
  image.replace(table + 3 * sizeof note, sizeof note,
                std::string(reinterpret_cast<const char*>(&note), sizeof note));
  test::header_of(image).e_phoff = table;
  test::header_of(image).e_phnum = 4;
  EXPECT_EQ(read(image).note, NoteText().text());
}

TEST(ElfFile, LimitsTheNote) {
  ElfImage image;
  image.notes = {{std::string(65536, 'x')}};
  EXPECT_EQ(read(image.bytes()).note.size(), 65536u);
  image.notes = {{std::string(65537, 'x')}};
  EXPECT_EQ(refusal(image.bytes()),
            "bad-note: x.so: expected a plugin note of at most 65536 bytes, found 65537");
  image.notes.assign(1025, ElfNote{"", "", 0});
  EXPECT_EQ(refusal(image.bytes()), "bad-note: x.so: expected at most 1024 notes, found more");
}

TEST(ElfFile, RefusesANoteThatLeavesItsSegment) {
  for (const std::uint32_t size : {4096u, 0xfffffff0u, 0xffffffffu}) {
    for (const std::size_t field : {std::size_t{0}, std::size_t{4}}) {  // n_namesz, n_descsz
      std::string image = ElfImage().bytes();
      const std::size_t note = test::segment_of(image, PT_NOTE).p_offset;
      image.replace(note + field, 4, std::string(reinterpret_cast<const char*>(&size), 4));
      EXPECT_EQ(refusal(image),
                "bad-note: x.so: expected a note that fits its segment, found one that does not");
    }
  }
}

TEST(ElfFile, SurvivesDamagedImages) {
  std::mt19937 random(1);
  const std::string whole = ElfImage().bytes();
  for (int run = 0; run < 20000; ++run) {
    std::string image = whole;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      image[random() % (changes % 2 == 0 ? image.size() : 400)] = static_cast<char>(random());
    }
    image.resize(random() % 8 == 0 ? random() % image.size() : image.size());
    try {
      read(image);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), kExitPlugin);
    }
  }
}

TEST(ElfFile, ReadsRealLibraries) {
  int read_libraries = 0;
  for (const std::string& path : mapped_libraries()) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      continue;  // the kernel's own, without a file
    }
    const Error error = test::error_of([&] { read_elf(descriptor, path); });
    ::close(descriptor);
    EXPECT_EQ(error.slug(), "no-note") << error.what();
    ++read_libraries;
  }
  EXPECT_GE(read_libraries, 2);
}

}  // namespace elf_file_test
}  // namespace clh::core
