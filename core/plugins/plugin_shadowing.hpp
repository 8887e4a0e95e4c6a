#pragma once

#include <vector>

#include "core/plugins/catalogue.hpp"

namespace clh::core {

/// Decides which plugin wins where several claim one id or one kind and name, and writes it into
/// status, slug and component_status. An earlier origin wins and the later one is `shadowed by` it;
/// two of one origin are both marked. Refused plugins claim nothing.
/// Inputs:  entries in the order of the search, refused ones with their status set.
void mark_shadowed(std::vector<CatalogueEntry>& entries);

}  // namespace clh::core
