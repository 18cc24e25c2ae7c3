/* The C library's option parser, which its Swift module leaves out. */
#include <getopt.h>
