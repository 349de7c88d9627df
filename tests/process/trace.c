/* Preloaded into a server by durable.rs. Writes the events that durability depends on to the file TRACE_FILE, one line
 * each, in the order in which they happened:
 *
 *   frame <0|1> <users>   a page has been written to the WAL; 1: it is the last of its transaction
 *   sync <path>           fdatasync or fsync of that file has returned, and it succeeded
 *   answer <users>        a 201 is about to be written to a socket
 *
 * <users> are the numbers of the e-mail addresses durable-<number>@… in what is written. What makes a write durable is
 * told after it has happened, what acknowledges it before, so that the order of the lines proves the order of the calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRAME_HEADER 24
#define WAL_HEADER 32
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int trace = -1;
/* SQLite writes a frame as its header, then its page, from one thread; the header says whether it ends a transaction. */
static __thread int ends_transaction;

struct line {
    char text[64 * 1024];
    size_t length;
};

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("TRACE_FILE");
    if (file == NULL) abort();
    trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void add(struct line *line, const char *text, size_t length) {
    if (line->length + length > sizeof line->text) abort();
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

/* One write a line, past our own wrappers: appended lines do not mix. */
static void finish(struct line *line) {
    add(line, "\n", 1);
    if (syscall(SYS_write, trace, line->text, line->length) != (long)line->length) abort();
}

static void add_users(struct line *line, const char *data, size_t length) {
    static const char label[] = "durable-";
    const size_t size = sizeof label - 1;
    const char *end = data + length, *found = data;
    while ((found = memmem(found, (size_t)(end - found), label, size)) != NULL) {
        const char *number = found += size;
        while (found < end && *found >= '0' && *found <= '9') found++;
        add(line, " ", 1);
        add(line, number, (size_t)(found - number));
    }
}

static const char *path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

static void wrote(int fd, const char *data, size_t length) {
    char path[PATH_MAX];
    size_t end = strlen(path_of(fd, path));
    if (end < 4 || strcmp(path + end - 4, "-wal") != 0 || length == WAL_HEADER) return;
    if (length == FRAME_HEADER) {
        ends_transaction = memcmp(data + 4, "\0\0\0\0", 4) != 0;
        return;
    }
    struct line line = {.length = 0};
    add(&line, ends_transaction ? "frame 1" : "frame 0", 7);
    add_users(&line, data, length);
    finish(&line);
}

static void sending(int fd, const struct iovec *parts, int count) {
    static const char created[] = "HTTP/1.1 201";
    const size_t size = sizeof created - 1;
    char path[PATH_MAX];
    if (count < 1 || parts[0].iov_len < size || memcmp(parts[0].iov_base, created, size) != 0) return;
    if (strncmp(path_of(fd, path), "socket:", 7) != 0) return;
    struct line line = {.length = 0};
    add(&line, "answer", 6);
    for (int i = 0; i < count; i++) add_users(&line, parts[i].iov_base, parts[i].iov_len);
    finish(&line);
}

static int synced(int fd, int result) {
    char path[PATH_MAX];
    if (result == 0) {
        struct line line = {.length = 0};
        add(&line, "sync ", 5);
        path_of(fd, path);
        add(&line, path, strlen(path));
        finish(&line);
    }
    return result;
}

int fdatasync(int fd) { return synced(fd, NEXT(fdatasync)(fd)); }

int fsync(int fd) { return synced(fd, NEXT(fsync)(fd)); }

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    ssize_t result = NEXT(pwrite)(fd, data, length, offset);
    wrote(fd, data, length);
    return result;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    ssize_t result = NEXT(pwrite64)(fd, data, length, offset);
    wrote(fd, data, length);
    return result;
}

ssize_t write(int fd, const void *data, size_t length) {
    sending(fd, &(struct iovec){(void *)data, length}, 1);
    ssize_t result = NEXT(write)(fd, data, length);
    wrote(fd, data, length);
    return result;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    sending(fd, parts, count);
    return NEXT(writev)(fd, parts, count);
}

ssize_t send(int fd, const void *data, size_t length, int flags) {
    sending(fd, &(struct iovec){(void *)data, length}, 1);
    return NEXT(send)(fd, data, length, flags);
}

ssize_t sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
    sending(fd, &(struct iovec){(void *)data, length}, 1);
    return NEXT(sendto)(fd, data, length, flags, to, size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    sending(fd, message->msg_iov, (int)message->msg_iovlen);
    return NEXT(sendmsg)(fd, message, flags);
}
