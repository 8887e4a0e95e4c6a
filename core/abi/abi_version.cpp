#include "core/abi/abi_version.hpp"

namespace clh::core {
namespace {

std::string text(int major_number, int minor_number) {
  return std::to_string(major_number) + "." + std::to_string(minor_number);
}

}  // namespace

std::string abi_refusal(const HostAbi& host, const PluginAbi& plugin) {
  const auto mismatch = "expected plugin ABI " + text(host.major_number, host.minor_number) +
                        ", found " + text(plugin.major_number, plugin.minor_number);
  if (plugin.major_number != host.major_number) {
    return mismatch;
  }
  return plugin.min_host_minor <= host.minor_number
             ? ""
             : mismatch + ", which needs at least " +
                   text(plugin.major_number, plugin.min_host_minor);
}

}  // namespace clh::core
