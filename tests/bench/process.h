/* What a process has used until now, as /proc tells: of all its threads. */
#ifndef LANCHAT_BENCH_PROCESS_H
#define LANCHAT_BENCH_PROCESS_H

#include <dirent.h>

#include "bench.h"

struct process {
    uint64_t cpu_ns;
    uint64_t user_ticks, system_ticks; /* the kernel tells these apart by its ticks only */
    uint64_t switches;                 /* how often a thread waited */
    uint64_t rss_kib;
};

static inline void process_read(uint64_t pid, uint64_t thread, const char *file, char *text, size_t size)
{
    char name[128];

    *text = '\0';
    snprintf(name, sizeof name, "/proc/%" PRIu64 "/task/%" PRIu64 "/%s", pid, thread, file);
    FILE *stream = fopen(name, "r");
    if (!stream)
        return;
    text[fread(text, 1, size - 1, stream)] = '\0';
    fclose(stream);
}

static inline uint64_t process_field(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static inline void process_add_thread(struct process *process, uint64_t pid, uint64_t thread)
{
    char text[8192];
    unsigned long user = 0, system = 0;

    process_read(pid, thread, "schedstat", text, sizeof text);
    process->cpu_ns += strtoull(text, NULL, 10);
    process_read(pid, thread, "stat", text, sizeof text);
    const char *after_name = strrchr(text, ')');
    if (after_name &&
        sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2) {
        process->user_ticks += user;
        process->system_ticks += system;
    }
    process_read(pid, thread, "status", text, sizeof text);
    process->switches += process_field(text, "\nvoluntary_ctxt_switches:");
    process->rss_kib = process_field(text, "VmRSS:"); /* all threads have the same */
}

/* All is 0 for process 0, and for one that is not there. */
static inline struct process process_look(uint64_t pid)
{
    struct process process = {0};
    char folder[64];
    struct dirent *entry;

    snprintf(folder, sizeof folder, "/proc/%" PRIu64 "/task", pid);
    DIR *threads = pid > 0 ? opendir(folder) : NULL;
    while (threads && (entry = readdir(threads)))
        if (*entry->d_name != '.')
            process_add_thread(&process, pid, strtoull(entry->d_name, NULL, 10));
    if (threads)
        closedir(threads);
    return process;
}

#endif
