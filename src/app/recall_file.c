#include "recall_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_OCTETS 1024
#define FILE_OCTETS (8 * RECALL_BYTES_MAX) /* of more, the end is read */
#define FAR_MORE    (4 * RECALL_LINES_MAX)

static bool is_set(const char *value)
{
    return value && value[0] == '/';
}

/* With all above it. */
static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* The folder, made if it is missing. */
static bool find_folder(char path[PATH_OCTETS])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = -1;

    if (is_set(state))
        length = snprintf(path, PATH_OCTETS, "%s/lanchat", state);
    else if (is_set(home))
        length = snprintf(path, PATH_OCTETS, "%s/.local/state/lanchat", home);
    return length > 0 && length < PATH_OCTETS - 16 && make_folders(path);
}

static bool find_file(char path[PATH_OCTETS])
{
    if (!find_folder(path))
        return false;
    strncat(path, "/history", PATH_OCTETS - strlen(path) - 1);
    return true;
}

static size_t read_all(int file, char *bytes, size_t size)
{
    off_t end = lseek(file, 0, SEEK_END);
    size_t length = 0;
    ssize_t got;

    lseek(file, end > (off_t)size ? end - (off_t)size : 0, SEEK_SET);
    while (length < size && (got = read(file, bytes + length, size - length)) > 0)
        length += (size_t)got;
    return length;
}

static void write_anew(struct recall *recall, const char *path)
{
    char other[PATH_OCTETS + 8];

    snprintf(other, sizeof other, "%s.new", path);
    int file = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    for (size_t age = recall->count; age > 0; age--)
        recall_file_append(file, recall_line(recall, age));
    if (close(file) == 0)
        rename(other, path);
}

int recall_file_open(struct recall *recall)
{
    char path[PATH_OCTETS], *bytes = malloc(FILE_OCTETS);

    if (!bytes || !find_file(path)) {
        free(bytes);
        return -1;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = file >= 0 ? read_all(file, bytes, FILE_OCTETS) : 0;
    recall_file_close(file);
    if (recall_read(recall, (struct span){bytes, length}) > FAR_MORE)
        write_anew(recall, path);
    free(bytes);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

void recall_file_append(int file, struct span line)
{
    char *entry = file >= 0 ? malloc(RECALL_ENTRY_MAX) : NULL;

    if (!entry)
        return;
    size_t length = recall_entry(line, entry);
    if (write(file, entry, length) < 0)
        errno = 0; /* what is typed is worth no error */
    free(entry);
}

void recall_file_close(int file)
{
    if (file >= 0)
        close(file);
}
