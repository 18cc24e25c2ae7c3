// What a release build was made of: scripts/build passes both by -Xcc -D…, a plain
// `swift build` has neither.
#ifndef DDE_REVISION
#define DDE_REVISION "unknown"
#endif
#ifndef DDE_SWIFT_VERSION
#define DDE_SWIFT_VERSION ""
#endif

// Functions, since Swift doesn't see macros that come from the command line.
static inline const char *dde_revision(void) { return DDE_REVISION; }
static inline const char *dde_swift_version(void) { return DDE_SWIFT_VERSION; }
