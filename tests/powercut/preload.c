/* A power cut for one process: an LD_PRELOAD library that logs how to undo every write since the file's last sync.
 *
 * After kill -9 the page cache still holds what the process wrote but never synced, so a server that forgets to sync
 * looks faultless. With this library `powercut-undo` can take all of it back, and the folder is as a power cut may leave
 * it: every file with the content of its last fsync, every folder with the names of its last fsync.
 *
 *   POWERCUT_DIR   the folder that is watched, with all below it
 *   POWERCUT_LOG   the folder of the undo log: elsewhere, but on the same file system (removed files are kept by link)
 *
 * The rules, those of Linux's journaling file systems:
 *   - a write or truncation is durable after fsync or fdatasync of the file, through whichever descriptor;
 *   - a new file's name is durable after fsync of the file or of its folder;
 *   - another name of a file (a hard link) is as durable as a new one;
 *   - a new folder's name is durable after fsync of the folder that holds it; without it all below is lost;
 *   - a removed or changed name is durable after fsync of the folder.
 *
 * Not seen: writes through mmap (SQLite's -shm, which is made anew after a crash; `powercut-undo` removes it), through
 * fopen and mkstemp (libc opens those itself), copy_file_range and sendfile, io_uring; renamed and removed folders;
 * several processes that write to the same file at a time.
 *
 * Every intercepted call does its work by a system call of its own, so nothing here calls anything intercepted.
 */
#define _GNU_SOURCE
#include "undo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over each write with its record, each sync with its clearing */
static char watched_dir[PATH_ROOM], log_dir[PATH_ROOM];
static dev_t device;
static ino_t watched[MOST_FILES]; /* inodes of all watched files ever opened */
static size_t watched_count;
static unsigned kept_count;

/* A test that cannot log must not go on: what it would prove is nothing. */
static void give_up(const char *what) {
    char text[256];
    int length = snprintf(text, sizeof text, "powercut: %s: %s\n", what, strerror(errno));
    syscall(SYS_write, 2, text, (size_t)length);
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *dir = getenv("POWERCUT_DIR"), *log = getenv("POWERCUT_LOG");
    char resolved[PATH_MAX];
    struct stat at;
    if (!dir || !log) return; /* a child that was given a clean environment */
    if (!realpath(dir, resolved) || strlen(resolved) >= PATH_ROOM || stat(resolved, &at)) give_up("POWERCUT_DIR");
    device = at.st_dev;
    strcpy(watched_dir, resolved);
    if (!realpath(log, resolved) || strlen(resolved) >= PATH_ROOM - 64) give_up("POWERCUT_LOG");
    strcpy(log_dir, resolved);
}

/* ---- the log ---- */

static int open_log(const char *name, int flags) {
    char path[PATH_ROOM + 32];
    snprintf(path, sizeof path, "%s/%s", log_dir, name);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
    if (fd < 0 && errno != ENOENT) give_up(path);
    return fd;
}

static void append(int fd, const void *data, size_t length) {
    if ((size_t)syscall(SYS_write, fd, data, length) != length) give_up("undo log");
}

static void bytes_log_name(char name[32], ino_t inode) { snprintf(name, 32, "bytes-%lu", (unsigned long)inode); }

/* Saves what a write of `length` bytes at `offset`, or a truncation, is about to destroy. */
static void log_bytes(int fd, const struct stat *at, uint64_t offset, uint64_t length) {
    uint64_t size = (uint64_t)at->st_size, end = offset + length < size ? offset + length : size;
    struct bytes_record record = {offset, size, offset < end ? end - offset : 0};
    char *entry = malloc(sizeof record + record.saved), name[32], self[64];
    if (!entry) give_up("memory");
    memcpy(entry, &record, sizeof record);
    if (record.saved) {
        /* A descriptor of our own only where the program's is for writing only: closing it drops the process's POSIX
         * locks on the file, which SQLite (whose descriptors can read) relies on. */
        int reader = fd, writing_only = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
        snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        if (writing_only) reader = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
        if (reader < 0) give_up("reading old bytes");
        for (uint64_t done = 0; done < record.saved;) {
            long n = syscall(SYS_pread64, reader, entry + sizeof record + done, record.saved - done, offset + done);
            if (n <= 0) give_up("reading old bytes");
            done += (uint64_t)n;
        }
        if (writing_only) syscall(SYS_close, reader);
    }
    bytes_log_name(name, at->st_ino);
    int log = open_log(name, O_WRONLY | O_CREAT | O_APPEND);
    append(log, entry, sizeof record + record.saved); /* one call, so a kill leaves no half record */
    syscall(SYS_close, log);
    free(entry);
}

static void forget_bytes(ino_t inode) {
    char name[32], path[PATH_ROOM + 32];
    bytes_log_name(name, inode);
    snprintf(path, sizeof path, "%s/%s", log_dir, name);
    syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static void log_name(enum name_kind kind, const struct stat *file, const char *path, const char *other, const char *in) {
    struct name_record record = {.kind = kind, .inode = file->st_ino};
    char folder[PATH_ROOM];
    struct stat at;
    snprintf(folder, sizeof folder, "%s", in);
    *strrchr(folder, '/') = 0;
    if (stat(folder, &at)) give_up(folder);
    record.folder = at.st_ino;
    snprintf(record.path, sizeof record.path, "%s", path);
    snprintf(record.other, sizeof record.other, "%s", other);
    int log = open_log("names", O_WRONLY | O_CREAT | O_APPEND);
    append(log, &record, sizeof record);
    syscall(SYS_close, log);
}

/* Makes names durable: those in a synced folder, or the name under which a synced file was created. */
static void forget_names(ino_t inode, int is_folder) {
    struct name_record record;
    int log = open_log("names", O_RDWR), left = 0;
    if (log < 0) return;
    for (off_t at = 0; syscall(SYS_pread64, log, &record, sizeof record, at) == sizeof record; at += sizeof record) {
        int durable = is_folder ? record.folder == inode : record.kind == NAME_CREATED && record.inode == inode;
        if (record.kind == NAME_VOID || !durable) {
            left += record.kind != NAME_VOID;
            continue;
        }
        if (record.kind == NAME_REMOVED) {
            syscall(SYS_unlinkat, AT_FDCWD, record.other, 0);
            forget_bytes(record.inode);
        }
        record.kind = NAME_VOID;
        if (syscall(SYS_pwrite64, log, &record, sizeof record, at) != sizeof record) give_up("undo log");
    }
    if (!left) syscall(SYS_ftruncate, log, 0);
    syscall(SYS_close, log);
}

/* ---- which files ---- */

/* The absolute path, its folder resolved; 0 where that is not below the watched folder. */
static int watched_path(int dirfd, const char *path, char out[PATH_ROOM]) {
    char full[PATH_ROOM * 2], folder[PATH_MAX], link[64];
    if (!watched_dir[0] || !path || !*path) return 0;
    int length = 0;
    if (*path != '/' && dirfd == AT_FDCWD) {
        if (!getcwd(full, PATH_ROOM)) return 0;
        length = (int)strlen(full);
    } else if (*path != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        length = (int)readlink(link, full, PATH_ROOM - 1);
        if (length < 0) return 0;
    }
    if (snprintf(full + length, PATH_ROOM, "/%s", path) >= PATH_ROOM) return 0;
    char *base = strrchr(full, '/');
    *base++ = 0;
    if (!realpath(*full ? full : "/", folder)) return 0;
    size_t dir = strlen(watched_dir), name = strlen(base);
    if (strncmp(folder, watched_dir, dir) || (folder[dir] && folder[dir] != '/')) return 0;
    if (name >= 4 && !strcmp(base + name - 4, "-shm")) return 0;
    return snprintf(out, PATH_ROOM, "%s/%s", folder, base) < PATH_ROOM;
}

/* Whether a descriptor is of a watched file. Told by inode, so copies of descriptors need no bookkeeping. */
static int is_watched(int fd, struct stat *at) {
    if (!watched_dir[0] || fstat(fd, at) || !S_ISREG(at->st_mode) || at->st_dev != device) return 0;
    for (size_t i = 0; i < watched_count; i++)
        if (watched[i] == at->st_ino) return 1;
    return 0;
}

static void watch(int fd) {
    struct stat at;
    if (is_watched(fd, &at) || !S_ISREG(at.st_mode)) return;
    if (watched_count == MOST_FILES) give_up("too many files");
    watched[watched_count++] = at.st_ino;
}

/* ---- opening ---- */

static int open_watched(int dirfd, const char *path, int flags, mode_t mode) {
    char full[PATH_ROOM];
    struct stat at;
    if (!watched_path(dirfd, path, full) || (flags & (O_DIRECTORY | O_PATH)))
        return (int)syscall(SYS_openat, dirfd, path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = !stat(full, &at);
    if (existed && (flags & O_TRUNC) && S_ISREG(at.st_mode)) {
        int old = (int)syscall(SYS_openat, AT_FDCWD, full, O_RDONLY | O_CLOEXEC, 0);
        if (old >= 0) {
            log_bytes(old, &at, 0, (uint64_t)at.st_size);
            syscall(SYS_close, old);
        }
    }
    int fd = (int)syscall(SYS_openat, dirfd, path, flags, mode), error = errno;
    if (fd >= 0) {
        watch(fd);
        if (!existed && !fstat(fd, &at) && S_ISREG(at.st_mode)) log_name(NAME_CREATED, &at, full, "", full);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE_ARGUMENT(flags)                                                                                          \
    mode_t mode = 0;                                                                                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                            \
        va_list more;                                                                                                 \
        va_start(more, flags);                                                                                        \
        mode = va_arg(more, mode_t);                                                                                  \
        va_end(more);                                                                                                 \
    }

int open(const char *path, int flags, ...) { MODE_ARGUMENT(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_ARGUMENT(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE_ARGUMENT(flags) return open_watched(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE_ARGUMENT(flags) return open_watched(dir, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_watched(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* ---- writing ---- */

/* Runs `call` with the bytes it overwrites logged; `offset` may use `at`. */
#define LOGGED(type, fd, offset, length, call)                                                                        \
    struct stat at;                                                                                                   \
    if (!is_watched(fd, &at)) return (type)(call);                                                                    \
    pthread_mutex_lock(&lock);                                                                                        \
    fstat(fd, &at);                                                                                                   \
    log_bytes(fd, &at, (uint64_t)(offset), (uint64_t)(length));                                                       \
    type result = (type)(call);                                                                                       \
    int error = errno;                                                                                                \
    pthread_mutex_unlock(&lock);                                                                                      \
    errno = error;                                                                                                    \
    return result;

static off_t place(int fd, const struct stat *at) {
    return fcntl(fd, F_GETFL) & O_APPEND ? at->st_size : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static uint64_t total(const struct iovec *parts, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) sum += parts[i].iov_len;
    return sum;
}

ssize_t write(int fd, const void *data, size_t length) {
    LOGGED(ssize_t, fd, place(fd, &at), length, syscall(SYS_write, fd, data, length))
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    LOGGED(ssize_t, fd, offset, length, syscall(SYS_pwrite64, fd, data, length, offset))
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return pwrite(fd, data, length, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    LOGGED(ssize_t, fd, place(fd, &at), total(parts, count), syscall(SYS_writev, fd, parts, count))
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    LOGGED(ssize_t, fd, offset, total(parts, count), syscall(SYS_pwritev, fd, parts, count, offset, 0))
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return pwritev(fd, parts, count, offset); }
int ftruncate(int fd, off_t length) {
    /* What lies behind the new end is lost; a file that grows loses nothing but its old length. */
    LOGGED(int, fd, length, length < at.st_size ? at.st_size - length : 0, syscall(SYS_ftruncate, fd, length))
}
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }
int fallocate(int fd, int mode, off_t offset, off_t length) {
    LOGGED(int, fd, offset, length, syscall(SYS_fallocate, fd, mode, offset, length))
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return fallocate(fd, mode, offset, length); }
int posix_fallocate(int fd, off_t offset, off_t length) { return fallocate(fd, 0, offset, length) ? errno : 0; }
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return posix_fallocate(fd, offset, length); }

/* ---- syncing ---- */

static int sync_with(long call, int fd) {
    struct stat at;
    if (!watched_dir[0] || fstat(fd, &at) || at.st_dev != device) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(call, fd), error = errno;
    if (!result && S_ISREG(at.st_mode)) forget_bytes(at.st_ino);
    if (!result) forget_names(at.st_ino, S_ISDIR(at.st_mode));
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int fd) { return sync_with(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }

/* ---- names ---- */

/* Keeps a file that is about to lose its last name. Its bytes since the last sync stay undoable too. */
static void keep(const char *path) {
    char kept[PATH_ROOM + 32];
    struct stat at;
    if (lstat(path, &at) || !S_ISREG(at.st_mode)) return;
    do snprintf(kept, sizeof kept, "%s/kept-%u", log_dir, kept_count++);
    while (!access(kept, F_OK));
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0)) give_up(kept);
    log_name(NAME_REMOVED, &at, path, kept, path);
}

int unlinkat(int dir, const char *path, int flags) {
    char full[PATH_ROOM];
    if ((flags & AT_REMOVEDIR) || !watched_path(dir, path, full)) return (int)syscall(SYS_unlinkat, dir, path, flags);
    pthread_mutex_lock(&lock);
    keep(full);
    int result = (int)syscall(SYS_unlinkat, dir, path, flags), error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    char old[PATH_ROOM], new[PATH_ROOM];
    struct stat at;
    if (!watched_path(from_dir, from, old) || !watched_path(to_dir, to, new) || lstat(old, &at) || !S_ISREG(at.st_mode))
        return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
    pthread_mutex_lock(&lock);
    keep(new);
    log_name(NAME_MOVED, &at, old, new, new);
    int result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0), error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

/* Runs `call`, which makes the name `path`, and logs what has it then. */
#define NAMED(dir, path, call)                                                                                        \
    char full[PATH_ROOM];                                                                                             \
    struct stat at;                                                                                                   \
    if (!watched_path(dir, path, full)) return (int)(call);                                                           \
    pthread_mutex_lock(&lock);                                                                                        \
    int result = (int)(call), error = errno;                                                                          \
    if (!result && !lstat(full, &at)) log_name(NAME_CREATED, &at, full, "", full);                                    \
    pthread_mutex_unlock(&lock);                                                                                      \
    errno = error;                                                                                                    \
    return result;

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    NAMED(to_dir, to, syscall(SYS_linkat, from_dir, from, to_dir, to, flags))
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int dir, const char *path, mode_t mode) { NAMED(dir, path, syscall(SYS_mkdirat, dir, path, mode)) }
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
