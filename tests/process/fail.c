/* Preloaded into a server by disk.rs: every write to the database fails as on a full disk while the file FAIL_WRITES exists,
 * every sync of it as on a broken disk while FAIL_SYNCS does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fails(const char *variable, int error) {
    const char *file = getenv(variable);
    if (file == NULL || access(file, F_OK) != 0) return 0;
    errno = error;
    return 1;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return fails("FAIL_WRITES", ENOSPC) ? -1 : NEXT(pwrite64)(fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return fails("FAIL_WRITES", ENOSPC) ? -1 : NEXT(pwrite)(fd, data, length, offset);
}

int fdatasync(int fd) { return fails("FAIL_SYNCS", EIO) ? -1 : NEXT(fdatasync)(fd); }

int fsync(int fd) { return fails("FAIL_SYNCS", EIO) ? -1 : NEXT(fsync)(fd); }
