// What a release build was made of: scripts/build passes both by -Xcc -D…, a plain
// `swift build` has neither.
#ifndef DDE_REVISION
#define DDE_REVISION "unknown"
#endif
#ifndef DDE_SWIFT_VERSION
#define DDE_SWIFT_VERSION ""
#endif
