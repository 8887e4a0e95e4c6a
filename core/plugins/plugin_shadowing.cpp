#include "core/plugins/plugin_shadowing.hpp"

#include <string>

namespace clh::core {
namespace {

bool claims(const CatalogueEntry& entry) {
  return entry.usable() || entry.slug == "duplicate";
}

void mark_duplicate(CatalogueEntry& entry, const CatalogueEntry& other) {
  entry.status = "same id " + entry.note.id + " as " + other.path.string();
  entry.slug = "duplicate";
  entry.fix = "remove one of the two files";
}

void mark_ids(std::vector<CatalogueEntry>& entries) {
  for (auto later = entries.begin(); later != entries.end(); ++later) {
    for (auto earlier = entries.begin(); earlier != later && claims(*later); ++earlier) {
      if (!claims(*earlier) || earlier->note.id != later->note.id) {
        continue;
      }
      if (earlier->origin != later->origin) {
        later->status = "shadowed by " + earlier->path.string();
        later->slug = "shadowed";
        later->fix = "remove the file that is not wanted";
      } else {
        mark_duplicate(*earlier, *later);
        mark_duplicate(*later, *earlier);
      }
    }
  }
}

// The first reason holds: what an earlier origin shadows stays shadowed.
void mark(std::string& status, const char* reason, const CatalogueEntry& other) {
  if (status.empty()) {
    status = reason + other.path.string();
  }
}

void mark_components(CatalogueEntry& earlier, CatalogueEntry& later) {
  for (std::size_t i = 0; i < earlier.note.provides.size(); ++i) {
    for (std::size_t j = 0; j < later.note.provides.size(); ++j) {
      const ProvidedComponent &a = earlier.note.provides[i], &b = later.note.provides[j];
      if (a.kind != b.kind || a.name != b.name) {
        continue;
      }
      if (later.origin != earlier.origin) {
        mark(later.component_status[j], "shadowed by ", earlier);
      } else {
        mark(earlier.component_status[i], "same name as in ", later);
        mark(later.component_status[j], "same name as in ", earlier);
      }
    }
  }
}

}  // namespace

void mark_shadowed(std::vector<CatalogueEntry>& entries) {
  mark_ids(entries);
  for (CatalogueEntry& entry : entries) {
    entry.component_status.assign(entry.note.provides.size(), entry.status);
  }
  for (auto later = entries.begin(); later != entries.end(); ++later) {
    for (auto earlier = entries.begin(); earlier != later; ++earlier) {
      if (claims(*earlier) && claims(*later)) {
        mark_components(*earlier, *later);
      }
    }
  }
}

}  // namespace clh::core
