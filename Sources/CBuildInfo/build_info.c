#include "build_info.h"

// scripts/build writes this header. A definition on the command line would do as well, but with each
// commit all would be compiled anew, BoringSSL included.
#if __has_include("dde-build.h")
#include "dde-build.h"
#else
#define DDE_REVISION "unknown"
#define DDE_SWIFT_VERSION ""
#endif

const char *dde_revision(void) { return DDE_REVISION; }
const char *dde_swift_version(void) { return DDE_SWIFT_VERSION; }
