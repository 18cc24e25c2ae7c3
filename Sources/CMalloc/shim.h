/* The allocator's own functions, which the C library's Swift module leaves out. */
#include <malloc.h>
