// libxcrypt's password hashing, taken from the shared library only where there are users to check.
#pragma once
#include <stddef.h>

// Whether the library is there.
int dde_crypt_available(void);

// Hashes a password as a stored hash says, into `output`. Returns 1, or 0 where the library isn't
// there or can't do that. What was computed on the way is wiped.
int dde_crypt(const char *password, const char *stored, char *output, size_t size);
