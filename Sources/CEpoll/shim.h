/* The kernel's readiness notification, and signals by it, which the C library's Swift module
   leaves out. */
#include <sys/epoll.h>
#include <sys/signalfd.h>
