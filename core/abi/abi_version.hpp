#pragma once

#include <string>

namespace clh::core {

/// What a plugin says of its ABI, in its note and in its table.
struct PluginAbi {
  int major_number = 0, minor_number = 0;  // of the header it was compiled with
  int min_host_minor = 0;                  // lowest host minor that it accepts
};

/// The ABI of a host.
struct HostAbi {
  int major_number = 0, minor_number = 0;
};

/// Whether a host may load a plugin: one of its major, unless the plugin says that the host is too
/// old. Either side reads the other's tables as far as they go.
/// Returns: what is wrong, "expected plugin ABI 1.3, found 2.0"; empty if nothing is.
std::string abi_refusal(const HostAbi& host, const PluginAbi& plugin);

}  // namespace clh::core
