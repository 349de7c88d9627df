/* Preloaded into a server by tests that need a job which takes its time: to open a mail's file waits for as long as the
 * file STALL_WHILE exists, like a mail folder on a network that hangs. Each that waits adds a byte to that file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void stall(const char *path) {
    static const char mail[] = ".eml.part";
    const char *gate = getenv("STALL_WHILE");
    size_t length = strlen(path), size = sizeof mail - 1;
    if (gate == NULL || length < size || strcmp(path + length - size, mail) != 0) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, gate, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return;
    if (write(file, ".", 1) != 1) abort();
    close(file);
    while (access(gate, F_OK) == 0) usleep(2000);
}

#define WRAP(name)                                                                    \
    int name(const char *path, int flags, ...) {                                      \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;     \
        va_end(rest);                                                                 \
        stall(path);                                                                  \
        return ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(path, flags, mode);       \
    }

WRAP(open)
WRAP(open64)
