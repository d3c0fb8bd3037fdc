/* What the preload library writes and the undo program reads. Both are built from one checkout for one machine, so the
 * structures go to disk as they are in memory.
 *
 * The log folder holds
 *   bytes-INODE   for each file with unsynced writes, one `struct bytes_record` per write, each followed by `saved` bytes
 *   names         one `struct name_record` for each name made, removed or changed since its folder was synced
 *   kept-N        removed files, held by another name until the removal is durable
 */
#ifndef UNDO_LOG_H
#define UNDO_LOG_H

#include <stdint.h>

#define PATH_ROOM 1024

/* One write or truncation: put the saved bytes back at `offset`, then cut or stretch the file to `old_length`. */
struct bytes_record {
    uint64_t offset;
    uint64_t old_length;
    uint64_t saved;
};

enum name_kind { NAME_VOID = 0, NAME_CREATED = 'c', NAME_REMOVED = 'r', NAME_MOVED = 'm' };

/* CREATED: `path` was made, a file, a link or a folder.  REMOVED: `path` is kept as `other`.  MOVED: `path` is now `other`. */
struct name_record {
    uint64_t kind;
    uint64_t inode;  /* of the file or the new folder */
    uint64_t folder; /* inode of the folder whose sync makes this durable */
    char path[PATH_ROOM];
    char other[PATH_ROOM];
};

#endif
