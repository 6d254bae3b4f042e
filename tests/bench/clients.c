/* clients [OPTION...] HOST PORT MODE...: many text clients of one server, in one process; each mode prints a
 * line of what came of it. What every client hears is compared with what was said: whole, in order, nothing
 * missing.
 *
 *     flood    one speaks as fast as it can, but never more than so many octets ahead of the slowest listener
 *     fifty    50 speak, each its next line when another one has heard the one before
 *     little   a line each 20 ms, from 50 in turn
 *     idle     all are admitted, and say nothing then
 *
 *     -d DIALECT   lanchat, least, tutorial, ncat, irc, nats
 *     -n CLIENTS   10
 *     -s SECONDS   of each mode: 2
 *     -p PID       the server's, to tell what it used
 *     -w OCTETS    how far a speaker may be ahead: 65536
 *     -b CLIENTS   how many are under way to being admitted at once; 0 (the default): all
 */
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "load.h"
#include "process.h"

#define SPEAKERS_MOST 50
#define LITTLE_EVERY  (BENCH_SECOND / 50)

/* The modes. */

static void flood_step(struct load *load)
{
    struct speaker *speaker = &load->speakers[0];
    uint64_t most = load->ahead / LOAD_LINE_OCTETS, room = load_room(load, most / 4);

    if (room < most / 8 || speaker->end > 0)
        return;
    for (uint64_t i = 0; i < room && i < most / 4 && load_has_room(speaker); i++)
        load_compose(load, speaker);
    load_flush(speaker);
}

static void fifty_step(struct load *load)
{
    for (uint32_t i = 0; i < load->speaker_count; i++)
        if (load->speakers[i].waits)
            load_say(load, &load->speakers[i]);
}

static int little_step(struct load *load, uint64_t *next)
{
    uint64_t now = bench_now();

    if (now >= *next) {
        load_say(load, &load->speakers[*next / LITTLE_EVERY % load->speaker_count]);
        *next += LITTLE_EVERY;
    }
    return *next > now ? (int)((*next - now) / 1000000) + 1 : 0;
}

static void talk(struct load *load, uint64_t until)
{
    uint64_t next = bench_now();
    int timeout = 10;

    load->fifty = strcmp(load->mode, "fifty") == 0;
    for (uint32_t i = 0; i < load->speaker_count; i++)
        load->speakers[i].waits = true; /* until the first step */
    load->last = next;
    while (bench_now() < until && bench_now() < load->last + LOAD_PATIENCE) {
        if (strcmp(load->mode, "flood") == 0)
            flood_step(load);
        else if (load->fifty)
            fifty_step(load);
        else
            timeout = little_step(load, &next);
        load_turn(load, timeout);
    }
}

static void drain(struct load *load)
{
    load->fifty = false;
    load->last = bench_now() > load->last + LOAD_PATIENCE ? load->last : bench_now();
    while (load_never_heard(load) > 0 && bench_now() < load->last + LOAD_PATIENCE)
        load_turn(load, 10);
}

static void print_process(const struct load *load, const struct process *before, uint64_t deliveries)
{
    struct process after = process_look(load->pid);
    double ns = (double)(after.cpu_ns - before->cpu_ns),
           user = (double)(after.user_ticks - before->user_ticks),
           system = (double)(after.system_ticks - before->system_ticks);
    double ticks = user + system > 0 ? user + system : 1,
           us = ns / 1e3 / (double)(deliveries ? deliveries : 1);

    if (load->pid == 0)
        return;
    printf(" cpu_s=%.4f cpu_us_per_delivery=%.4f user_us_per_delivery=%.4f system_us_per_delivery=%.4f",
           ns / 1e9, us, us * user / ticks, us * system / ticks);
}

static uint64_t own_cpu(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * BENCH_SECOND + (uint64_t)time.tv_nsec;
}

static void run_talk(struct load *load)
{
    uint64_t start, own;
    struct process before;

    load_settle(load);
    load_forget(load);
    before = process_look(load->pid);
    own = own_cpu();
    start = bench_now();
    talk(load, start + load->seconds * BENCH_SECOND);
    bool stalled = bench_now() >= load->last + LOAD_PATIENCE;
    drain(load);
    double seconds = (double)(load->last - start) / 1e9;
    printf("clients=%" PRIu32 " mode=%s deliveries=%" PRIu64
           " deliveries_per_s=%.0f median_us=%.1f p99_us=%.1f "
           "torn=%" PRIu64 " missing=%" PRIu64 " twice=%" PRIu64 " gone=%" PRIu32
           " stalled=%d seconds=%.2f ahead=%" PRIu64,
           load->count, load->mode, load->deliveries, (double)load->deliveries / seconds,
           (double)histogram_at(&load->delays, 0.5) / 1e3, (double)histogram_at(&load->delays, 0.99) / 1e3,
           load->torn, load->missing + load_never_heard(load), load->twice, load->gone, stalled, seconds,
           load->ahead);
    print_process(load, &before, load->deliveries);
    printf(" own_cpu_s=%.4f\n", (double)(own_cpu() - own) / 1e9);
}

static void run_idle(struct load *load, uint64_t admitted, const struct process *empty)
{
    struct process before, after;

    load_settle(load);
    bench_wait_until(bench_now() + 3 * BENCH_SECOND / 2); /* what the server does a second after something */
    before = process_look(load->pid);
    uint64_t until = bench_now() + load->seconds * BENCH_SECOND, now;
    while ((now = bench_now()) < until)
        load_turn(load, (int)((until - now) / 1000000) + 1);
    after = process_look(load->pid);
    printf("clients=%" PRIu32 " mode=idle admitted_ms=%.1f gone=%" PRIu32 " rss_empty_kib=%" PRIu64
           " rss_kib=%" PRIu64 " bytes_per_client=%.0f switches=%" PRIu64 " wakeups_per_s=%.2f cpu_s=%.4f\n",
           load->count, (double)admitted / 1e6, load->gone, empty->rss_kib, after.rss_kib,
           ((double)after.rss_kib - (double)empty->rss_kib) * 1024 / load->count,
           after.switches - before.switches,
           (double)(after.switches - before.switches) / (double)load->seconds,
           (double)(after.cpu_ns - before.cpu_ns) / 1e9);
}

/* The start. */

static void find_server(struct load *load, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        fprintf(stderr, "clients: %s %s: not an address and a port\n", host, port);
        exit(2);
    }
    memcpy(&load->address, found->ai_addr, found->ai_addrlen);
    load->address_size = found->ai_addrlen;
    freeaddrinfo(found);
}

static void allocate(struct load *load)
{
    uint32_t kept = 1;

    load->speaker_count = load->count < SPEAKERS_MOST ? load->count : SPEAKERS_MOST;
    while (kept < 2 * load->ahead / LOAD_LINE_OCTETS)
        kept *= 2;
    load->mask = kept - 1;
    load->heard_octets =
        strlen(load->dialect->heard) + (*load->dialect->heard == '%' ? DIALECT_NICK_OCTETS - 1 : 0);
    load->clients = bench_memory(load->count, sizeof *load->clients);
    load->speakers = bench_memory(load->speaker_count, sizeof *load->speakers);
    for (uint32_t i = 0; i < load->count; i++) {
        load->clients[i].index = i;
        load->clients[i].fd = -1;
        load->clients[i].next = bench_memory(load->speaker_count, sizeof(uint32_t));
        snprintf(load->clients[i].nick, sizeof load->clients[i].nick, "p%04u", (unsigned)(i % 10000));
    }
    for (uint32_t i = 0; i < load->speaker_count; i++) {
        load->speakers[i].client = &load->clients[i];
        load->speakers[i].listener = (i + load->count / 2) % load->count;
        load->speakers[i].said = bench_memory(kept, sizeof(struct said));
    }
}

static void allow_files(uint64_t count)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= count + 64)
        return;
    limit.rlim_cur = count + 64;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        bench_fail("open files");
}

static bool read_options(struct load *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "d:n:s:p:w:b:")) != -1) {
        switch (option) {
        case 'd':
            load->dialect = dialect_find(optarg);
            break;
        case 'n':
            load->count = (uint32_t)bench_number(optarg);
            break;
        case 's':
            load->seconds = bench_number(optarg);
            break;
        case 'p':
            load->pid = bench_number(optarg);
            break;
        case 'w':
            load->ahead = bench_number(optarg);
            break;
        case 'b':
            load->batch = bench_number(optarg);
            break;
        default:
            return false;
        }
    }
    return load->dialect && load->count > 1 && load->count < 10000 && load->ahead >= 8 * LOAD_LINE_OCTETS &&
           argc - optind >= 3;
}

int main(int argc, char **argv)
{
    static struct load load = {.dialect = dialects, .count = 10, .seconds = 2, .ahead = 65536};

    if (!read_options(&load, argc, argv)) {
        fprintf(stderr, "usage: see the head of clients.c\n");
        return 2;
    }
    find_server(&load, argv[optind], argv[optind + 1]);
    allow_files(load.count);
    allocate(&load);
    load.epoll = epoll_create1(0);
    struct process empty = process_look(load.pid);
    uint64_t admitted = load_admit(&load);
    for (int i = optind + 2; i < argc; i++) {
        load.mode = argv[i];
        if (strcmp(load.mode, "idle") == 0)
            run_idle(&load, admitted, &empty);
        else
            run_talk(&load);
    }
    return 0;
}
