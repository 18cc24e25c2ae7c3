// Swift sees the functions, not the location macros of <systemd/sd-journal.h>: a C file and
// line would be those of this header.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
