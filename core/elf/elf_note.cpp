#include "core/elf/elf_note.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace clh::core {
namespace {

constexpr std::size_t kMaxNotes = 1024;
constexpr char kOwner[4] = {'c', 'l', 'h', '\0'};
constexpr std::uint32_t kNoteType = 1;

class NoteSearch final {
 public:
  explicit NoteSearch(const ElfBytes& bytes) : bytes_(bytes) {}

  const std::optional<std::string>& text() const { return text_; }

  void visit(const Elf64_Phdr& segment) {
    const std::uint64_t padding = segment.p_align == 8 ? 7 : 3;
    const auto padded = [padding](std::uint64_t count) { return (count + padding) & ~padding; };
    std::uint64_t offset = segment.p_offset, left = segment.p_filesz;
    while (left >= sizeof(Elf64_Nhdr)) {
      if (++visited_ > kMaxNotes) {
        bytes_.fail("bad-note", "at most " + std::to_string(kMaxNotes) + " notes, found more",
                    kCopyAgain);
      }
      Elf64_Nhdr head;
      bytes_.get("note", offset, &head, sizeof head);
      const std::uint64_t body = padded(sizeof head + std::uint64_t{head.n_namesz});
      if (body > left || head.n_descsz > left - body) {
        bytes_.fail("bad-note", "a note that fits its segment, found one that does not",
                    kCopyAgain);
      }
      if (is_ours(head, offset)) {
        take(offset, offset + body, head.n_descsz);
      }
      const std::uint64_t step = std::min(padded(body + head.n_descsz), left);
      offset += step;
      left -= step;
    }
  }

 private:
  bool is_ours(const Elf64_Nhdr& head, std::uint64_t offset) const {
    if (head.n_type != kNoteType || head.n_namesz != sizeof kOwner) {
      return false;
    }
    char owner[sizeof kOwner];
    bytes_.get("note", offset + sizeof head, owner, sizeof owner);
    return std::memcmp(owner, kOwner, sizeof owner) == 0;
  }

  void take(std::uint64_t note, std::uint64_t text, std::size_t count) {
    if (text_ && note == taken_at_) {
      return;  // two segments cover one and the same note
    }
    if (text_) {
      bytes_.fail("bad-note", "one plugin note (.note.clh), found two",
                  "build it with one clh_add_plugin call");
    }
    if (count > kMaxNoteBytes) {
      bytes_.fail("bad-note",
                  "a plugin note of at most " + std::to_string(kMaxNoteBytes) + " bytes, found " +
                      std::to_string(count),
                  "shorten it");
    }
    text_.emplace(count, '\0');
    bytes_.get("plugin note", text, text_->data(), count);
    taken_at_ = note;
  }

  const ElfBytes& bytes_;
  std::optional<std::string> text_;
  std::uint64_t taken_at_ = 0;
  std::size_t visited_ = 0;
};

}  // namespace

std::string read_elf_note(const ElfBytes& bytes, const std::vector<Elf64_Phdr>& segments) {
  NoteSearch search(bytes);
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_NOTE) {
      search.visit(segment);
    }
  }
  if (!search.text()) {
    bytes.fail("no-note", "a plugin note (.note.clh), found none", kBuildPlugin);
  }
  return *search.text();
}

}  // namespace clh::core
