/* Makes the n-th call that writes below a folder fail: preloaded by benchmarks.attacks.

   FAULT_UNDER: the folder. FAULT_AT: n, from 1 on. FAULT_ERRNO: the error's number. FAULT_LASTING:
   1: every call from then on fails, too. FAULT_NOTE: a file that is made when a call has failed.
   Opening for writing, writing, forcing to disk, renaming, making folders and removing are counted. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls = 0;

static int fails(const char *path) {
  const char *under = getenv("FAULT_UNDER"), *at = getenv("FAULT_AT");
  if (!under || !at || !path || strncmp(path, under, strlen(under))) return 0;
  long number = __sync_add_and_fetch(&calls, 1), wanted = atol(at);
  const char *lasting = getenv("FAULT_LASTING");
  if (number != wanted && !(lasting && *lasting == '1' && number > wanted)) return 0;
  const char *note = getenv("FAULT_NOTE");
  if (note) {
    int (*exact)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    close(exact(note, O_WRONLY | O_CREAT, 0666));
  }
  errno = atoi(getenv("FAULT_ERRNO"));
  return 1;
}

static int fails_at(int folder, const char *path) {
  char link[64], place[PATH_MAX], whole[2 * PATH_MAX];
  if (path && path[0] == '/') return fails(path);
  if (folder == AT_FDCWD) {
    if (!getcwd(place, sizeof place)) return 0;
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, place, sizeof place - 1);
    if (length < 0) return 0;
    place[length] = 0;
  }
  snprintf(whole, sizeof whole, "%s/%s", place, path ? path : "");
  return fails(whole);
}

static int fails_on(int file) {
  if (!getenv("FAULT_AT")) return 0;
  char link[64], place[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, place, sizeof place - 1);
  if (length < 0) return 0;
  place[length] = 0;
  return fails(place);
}

#define EXACT(result, name, ...) \
  static result (*exact)(__VA_ARGS__); \
  if (!exact) exact = dlsym(RTLD_NEXT, name)

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT); }

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    EXACT(int, #name, const char *, int, ...);                           \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    if (writes(flags) && fails_at(AT_FDCWD, path)) return -1;            \
    return exact(path, flags, mode);                                     \
  }
#define OPEN_AT(name)                                                    \
  int name(int folder, const char *path, int flags, ...) {               \
    EXACT(int, #name, int, const char *, int, ...);                      \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    if (writes(flags) && fails_at(folder, path)) return -1;              \
    return exact(folder, path, flags, mode);                             \
  }
#define FOPEN(name)                                                      \
  FILE *name(const char *path, const char *mode) {                       \
    EXACT(FILE *, #name, const char *, const char *);                    \
    if (strpbrk(mode, "wa+") && fails_at(AT_FDCWD, path)) return NULL;   \
    return exact(path, mode);                                            \
  }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

ssize_t write(int file, const void *data, size_t size) {
  EXACT(ssize_t, "write", int, const void *, size_t);
  return fails_on(file) ? -1 : exact(file, data, size);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  EXACT(ssize_t, "writev", int, const struct iovec *, int);
  return fails_on(file) ? -1 : exact(file, parts, count);
}
size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
  EXACT(size_t, "fwrite", const void *, size_t, size_t, FILE *);
  return fails_on(fileno(file)) ? 0 : exact(data, size, count, file);
}
int fsync(int file) {
  EXACT(int, "fsync", int);
  return fails_on(file) ? -1 : exact(file);
}
int rename(const char *from, const char *to) {
  EXACT(int, "rename", const char *, const char *);
  return fails_at(AT_FDCWD, to) ? -1 : exact(from, to);
}
int mkdir(const char *path, mode_t mode) {
  EXACT(int, "mkdir", const char *, mode_t);
  return fails_at(AT_FDCWD, path) ? -1 : exact(path, mode);
}
int unlink(const char *path) {
  EXACT(int, "unlink", const char *);
  return fails_at(AT_FDCWD, path) ? -1 : exact(path);
}
