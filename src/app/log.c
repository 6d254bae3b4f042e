#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notice.h"
#include "report.h"

/* The file tells when it was written last: history is not to be kept twice. */
static void note_end(struct log *log)
{
    struct stat is;

    if (fstat(log->file, &is) == 0 && is.st_size > 0)
        log->until_ms = (uint64_t)is.st_mtim.tv_sec * 1000 + (uint64_t)is.st_mtim.tv_nsec / 1000000;
}

bool log_open(struct log *log, const char *path, void (*tell)(void *context, const char *line), void *context)
{
    *log = (struct log){.file = -1, .path = path, .tell = tell, .context = context};
    if (!path)
        return true;
    log->file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log->file >= 0) {
        note_end(log);
        return true;
    }
    report("--log %s: %s", path, strerror(errno));
    return false;
}

void log_close(struct log *log)
{
    if (log->file >= 0)
        close(log->file);
    log->file = -1;
}

static void tell_state(struct log *log, bool failed, int error)
{
    char line[512];

    if (failed == log->failed)
        return;
    log->failed = failed;
    if (failed)
        snprintf(line, sizeof line, "--log %s: %s: what is said is not kept there", log->path,
                 strerror(error));
    else
        snprintf(line, sizeof line, "--log %s: what is said is kept again", log->path);
    log->tell(log->context, line);
}

static void put_text(FILE *line, struct span text)
{
    char shown[4];

    while (text.length > 0) {
        size_t length = text_show(&text, shown);
        if (length == 1 && shown[0] == '\n')
            fputs("\\n", line);
        else
            fwrite(shown, 1, length, line);
    }
}

static void put_time(FILE *line, uint64_t clock_ms)
{
    time_t seconds = (time_t)(clock_ms / 1000);
    char text[40] = "-";
    struct tm tm;

    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm);
    fputs(text, line);
}

/* A line is written whole or, on a full disk, at least not glued to the next. */
static bool write_line(int file, const char *bytes, size_t length)
{
    ssize_t written = write(file, bytes, length);

    if (written == (ssize_t)length)
        return true;
    int error = written < 0 ? errno : ENOSPC;
    if (written > 0 && write(file, "\n", 1) < 0)
        error = errno;
    errno = error;
    return false;
}

/* `who` is empty in notices. */
static void add(struct log *log, const char *room, const char *who, struct span text, bool action,
                uint64_t clock_ms)
{
    char *bytes = NULL;
    size_t length = 0;

    FILE *line = open_memstream(&bytes, &length);
    if (line) {
        put_time(line, clock_ms);
        fprintf(line, " %s %s", room, action ? "* " : "");
        put_text(line, span_of(who));
        if (*who)
            fputs(action ? " " : ": ", line);
        put_text(line, text);
        fputc('\n', line);
    }
    bool made = line && fclose(line) == 0;
    bool good = made && write_line(log->file, bytes, length);
    tell_state(log, !good, made ? errno : ENOMEM);
    free(bytes);
}

void log_event(struct log *log, const struct node *node, const char *room, const struct node_event *event)
{
    char line[NOTICE_MAX];

    if (log->file < 0 || event->history == NODE_AGAIN ||
        (event->history == NODE_BEFORE && event->clock_ms <= log->until_ms))
        return;
    if (event->type == NODE_MESSAGE) {
        add(log, room, event->nick, event->text, event->action, event->clock_ms);
        return;
    }
    notice_event(line, node, room, event);
    if (*line)
        add(log, room, "", span_of(line), true, event->clock_ms);
}

void log_said(struct log *log, const char *room, const char *nick, struct span text, bool action,
              uint64_t clock_ms)
{
    if (log->file >= 0)
        add(log, room, nick, text, action, clock_ms);
}
