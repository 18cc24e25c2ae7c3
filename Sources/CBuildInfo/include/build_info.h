// What a release build was made of.

// The commit; `unknown` in a plain `swift build`.
const char *dde_revision(void);
// The compiler's version; empty in a plain `swift build`.
const char *dde_swift_version(void);
