/* The plugin ABI of cl-host: the C11 tables that cross between the host and a plugin, and nothing
   else. This file includes all of it; each family of structs has a file of its own, which compiles
   alone, in C11 and C++17. The rules R1 to R16, which the comments name, and the order of the
   calls stand in contract.md of the SDK's documents.

   How to read the comments. Each stands above what it describes.

     R         a required member; other functions of a plugin's table may be NULL. The host's own
               tables are filled as far as they reach.
     [load]    called on the thread that loads the plugin, inside clh_plugin_entry.
     [main]    called on the host's one compute thread.
     [any]     may be called on any thread.
     [worker]  called on a data thread. There are none today, so such calls come on [main].
               A tag above a struct holds for all its functions (R7).
     borrowed  belongs to the caller and is valid during the call. Every parameter is borrowed
               unless its comment says otherwise; whoever keeps a tensor retains it (R4).
     +1        the receiver owns one reference and releases it. Every handle that comes back
               through an out-parameter does. A call that fails leaves out-parameters as they were.
     plugin's, host's   data behind a pointer, owned by that side until the time that is named.
     0.2       a member that came with this minor; look with CLH_HAS before you use it, unless
               CLH_TARGET_MINOR is at least as high.

   `struct_size` is the size of the struct in bytes, as its maker's header has it (R2); `reserved`
   is 0.

   Shapes: [B, C] are B samples of a batch with C outputs; F features, P parameters, N samples,
   in: inputs, units: look-up tables of k pins, W bits. `...` is the shape of one sample.

   Functions with a status can always fail with CLH_E_NOMEM, CLH_E_TORCH or CLH_E_INTERNAL; the
   comments name what is particular to one, after "Errors:". */
#ifndef CLH_ABI_H
#define CLH_ABI_H

#include <clh/abi/version.h>

#include <clh/abi/base.h>
#include <clh/abi/options.h>
#include <clh/abi/host.h>
#include <clh/abi/component.h>

/* What a model is given, and the six kinds. An extension of one kind stands in that kind's file. */
#include <clh/abi/network.h>
#include <clh/abi/model.h>
#include <clh/abi/backbone.h>
#include <clh/abi/dataset.h>
#include <clh/abi/encoder.h>
#include <clh/abi/node.h>
#include <clh/abi/layer.h>

/* Extensions of several kinds, of the plugin or of the host. */
#include <clh/abi/ext_state.h>
#include <clh/abi/ext_gates.h>
#include <clh/abi/ext_lut.h>
#include <clh/abi/ext_torch.h>

#endif
