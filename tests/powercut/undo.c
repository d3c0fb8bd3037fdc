/* powercut-undo DIR LOG: takes back everything under DIR that the log says was never synced, and empties the log.
 *
 * To be run when the process that wrote is dead. See preload.c for the rules. */
#define _GNU_SOURCE
#include "undo_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned writes_undone, names_undone;
static const char *log_dir;

static void fail(const char *what) {
    fprintf(stderr, "powercut-undo: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* A whole file in memory, with its length; an absent one is empty. */
static char *load(const char *path, size_t *length) {
    struct stat at;
    int fd = open(path, O_RDONLY);
    *length = 0;
    if (fd < 0 && errno == ENOENT) return NULL;
    if (fd < 0 || fstat(fd, &at)) fail(path);
    char *data = malloc((size_t)at.st_size + 1);
    if (!data || read(fd, data, (size_t)at.st_size) != at.st_size) fail(path);
    close(fd);
    *length = (size_t)at.st_size;
    return data;
}

static int remove_one(const char *path, const struct stat *at, int kind, struct FTW *walk) {
    (void)at, (void)kind, (void)walk;
    return remove(path);
}

/* Names first, newest first: then every file is where it was at the last sync. A record whose call was cut off by the
 * kill finds nothing to undo. */
static void undo_names(void) {
    char path[PATH_ROOM * 2];
    size_t length;
    struct stat at;
    snprintf(path, sizeof path, "%s/names", log_dir);
    char *data = load(path, &length);
    for (size_t i = length / sizeof(struct name_record); i-- > 0;) {
        struct name_record *record = (struct name_record *)data + i;
        if (record->kind == NAME_CREATED && !lstat(record->path, &at) && at.st_ino == record->inode) {
            /* A folder goes with all that is in it, whether that was synced or not. */
            if (S_ISDIR(at.st_mode) ? nftw(record->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) : unlink(record->path))
                fail(record->path);
            names_undone++;
        } else if (record->kind == NAME_MOVED && !lstat(record->other, &at) && at.st_ino == record->inode) {
            if (rename(record->other, record->path)) fail(record->path);
            names_undone++;
        } else if (record->kind == NAME_REMOVED && lstat(record->path, &at)) {
            if (rename(record->other, record->path)) fail(record->path);
            names_undone++;
        }
    }
    free(data);
}

/* Then each file's bytes, newest first. */
static int undo_bytes(const char *path, const struct stat *at, int kind, struct FTW *walk) {
    (void)walk;
    char log[PATH_ROOM * 2];
    size_t length, name = strlen(path), count = 0, at_record = 0;
    if (kind != FTW_F || !S_ISREG(at->st_mode)) return 0;
    if (name >= 4 && !strcmp(path + name - 4, "-shm")) return unlink(path); /* mapped memory; made anew from the -wal */
    snprintf(log, sizeof log, "%s/bytes-%lu", log_dir, (unsigned long)at->st_ino);
    char *data = load(log, &length);
    if (!data) return 0;

    struct bytes_record record;
    size_t *starts = malloc(sizeof *starts * (length / sizeof record + 1));
    if (!starts) fail(path);
    while (at_record + sizeof record <= length) {
        memcpy(&record, data + at_record, sizeof record);
        if (record.saved > length - at_record - sizeof record) break; /* cut off by the kill: its write never began */
        starts[count++] = at_record;
        at_record += sizeof record + record.saved;
    }
    int fd = open(path, O_WRONLY);
    if (fd < 0) fail(path);
    while (count-- > 0) {
        memcpy(&record, data + starts[count], sizeof record);
        const char *saved = data + starts[count] + sizeof record;
        if (pwrite(fd, saved, record.saved, (off_t)record.offset) != (ssize_t)record.saved) fail(path);
        if (ftruncate(fd, (off_t)record.old_length)) fail(path);
        writes_undone++;
    }
    close(fd);
    free(starts);
    free(data);
    return 0;
}

static void empty_log(void) {
    struct dirent *entry;
    DIR *dir = opendir(log_dir);
    if (!dir) fail(log_dir);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0)) fail(entry->d_name);
    closedir(dir);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: powercut-undo DIR LOG\n");
        return 2;
    }
    log_dir = arguments[2];
    undo_names();
    if (nftw(arguments[1], undo_bytes, 16, FTW_PHYS)) fail(arguments[1]);
    empty_log();
    printf("%u writes and %u names undone\n", writes_undone, names_undone);
    return 0;
}
