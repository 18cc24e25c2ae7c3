#define _GNU_SOURCE
#include "crypt_library.h"
#include <crypt.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static __typeof__(crypt_r) *hash_password;

static void load(void) {
    // Kept for the life of the process.
    void *handle = dlopen("libcrypt.so.1", RTLD_NOW | RTLD_LOCAL);
    if (handle != NULL) hash_password = dlsym(handle, "crypt_r");
}

int dde_crypt_available(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return hash_password != NULL;
}

int dde_crypt(const char *password, const char *stored, char *output, size_t size) {
    if (!dde_crypt_available()) return 0;
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) return 0;
    const char *result = hash_password(password, stored, data);
    // What begins with an asterisk is libxcrypt's word for a failure.
    int done = result != NULL && result[0] != '*' && strlen(result) < size;
    if (done) strcpy(output, result);
    explicit_bzero(data, sizeof *data);
    free(data);
    return done;
}
