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
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bench.h"
#include "dialect.h"
#include "histogram.h"
#include "process.h"

#define SPEAKERS_MOST 50
#define BODY_OCTETS   72 /* {speaker number moment ...} */
#define HEARD_MOST    16
#define LINE_OCTETS   80 /* as it is said in most dialects */
#define SAY_MOST      128
#define OUT_OCTETS    32768
#define READ_OCTETS   262144
#define TAIL_MOST     128
#define EVENTS        1024
#define LITTLE_EVERY  (BENCH_SECOND / 50)
#define QUIET         (3 * BENCH_SECOND / 10)
#define PROBE_EVERY   (BENCH_SECOND / 20)
#define PATIENCE      (2 * BENCH_SECOND) /* without anything being heard */
#define ADMISSION     (45 * BENCH_SECOND)

struct client {
    int fd; /* -1: the server has dropped it */
    uint32_t index;
    bool connected, ready;
    unsigned step;
    char nick[8];
    uint64_t heard; /* lines, those that it missed included */
    uint32_t *next; /* number of each speaker's next line */
    size_t tail_length;
    char tail[TAIL_MOST]; /* what of a line was read */
};

struct said {
    uint64_t moment;
    char text[HEARD_MOST + BODY_OCTETS]; /* as it is to be heard */
};

struct speaker {
    struct client *client;
    uint32_t listener; /* who is waited for */
    uint32_t lines;
    bool waits; /* for the slowest to hear more */
    size_t start, end;
    char out[OUT_OCTETS];
    struct said *said; /* the last ones, by number */
};

struct load {
    const struct dialect *dialect;
    const char *mode;
    bool fifty; /* what was heard lets its speaker say more */
    uint64_t pid, seconds, ahead, batch;
    int epoll;
    struct sockaddr_storage address;
    socklen_t address_size;
    struct client *clients;
    uint32_t count, opened, ready, gone;
    struct speaker *speakers;
    uint32_t speaker_count, mask;
    size_t heard_octets; /* before a body */
    uint64_t lines, slowest;
    uint64_t deliveries, torn, missing, twice, last;
    struct histogram delays;
    char bytes[TAIL_MOST + READ_OCTETS];
};

/* Saying. */

static void flush(struct speaker *speaker)
{
    ssize_t sent = 0;

    if (speaker->client->fd >= 0 && speaker->end > speaker->start)
        sent = send(speaker->client->fd, speaker->out + speaker->start, speaker->end - speaker->start,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        speaker->start += (size_t)sent;
    if (speaker->start == speaker->end)
        speaker->start = speaker->end = 0;
}

static bool has_room(const struct speaker *speaker)
{
    return speaker->end + SAY_MOST <= OUT_OCTETS && speaker->client->fd >= 0;
}

static void write_body(char *body, unsigned index, uint32_t number, uint64_t moment)
{
    char head[BODY_OCTETS];
    int length = snprintf(head, sizeof head, "{%04u %010" PRIu32 " %016" PRIu64 " ", index, number, moment);

    memset(body, '.', BODY_OCTETS);
    memcpy(body, head, (size_t)length);
    body[BODY_OCTETS - 1] = '}';
}

/* Puts a line into what the speaker is to send. */
static void compose(struct load *load, struct speaker *speaker)
{
    struct said *said = &speaker->said[speaker->lines & load->mask];
    const struct dialect *dialect = load->dialect;
    const char *nick = speaker->client->nick;
    char *out = speaker->out + speaker->end;

    said->moment = bench_now();
    size_t heard = dialect_write(said->text, dialect->heard, nick);
    write_body(said->text + heard, (unsigned)(speaker - load->speakers), speaker->lines, said->moment);
    out += dialect_write(out, dialect->before, nick);
    memcpy(out, said->text + heard, BODY_OCTETS);
    out += BODY_OCTETS;
    out += dialect_write(out, dialect->after, nick);
    speaker->end = (size_t)(out - speaker->out);
    speaker->lines++;
    load->lines++;
}

static uint64_t own_lines(const struct load *load, const struct client *client)
{
    return load->dialect->echoes || client->index >= load->speaker_count
               ? 0
               : load->speakers[client->index].lines;
}

/* How many lines more the slowest lets be said. To look at all of them can wait while there is room for the
 * lines that are wanted. */
static uint64_t room_ahead(struct load *load, uint64_t wanted)
{
    uint64_t most = load->ahead / LINE_OCTETS;

    if (load->lines - load->slowest + wanted <= most)
        return most - (load->lines - load->slowest);
    load->slowest = load->lines;
    for (uint32_t i = 0; i < load->count; i++) {
        const struct client *client = &load->clients[i];
        uint64_t heard = client->heard + own_lines(load, client);
        if (client->fd >= 0 && heard < load->slowest)
            load->slowest = heard;
    }
    uint64_t behind = load->lines - load->slowest;
    return behind < most ? most - behind : 0;
}

static void say(struct load *load, struct speaker *speaker)
{
    speaker->waits = !has_room(speaker) || room_ahead(load, 1) == 0;
    if (speaker->waits)
        return;
    compose(load, speaker);
    flush(speaker);
}

/* Hearing. */

static void deliver(struct load *load, struct client *client, uint32_t index, uint32_t number, uint64_t now)
{
    struct speaker *speaker = &load->speakers[index];

    client->heard += number + 1 - client->next[index];
    load->missing += number - client->next[index];
    client->next[index] = number + 1;
    load->deliveries++;
    load->last = now;
    histogram_add(&load->delays, now - speaker->said[number & load->mask].moment);
    if (load->fifty && client->index == speaker->listener && number + 1 == speaker->lines)
        say(load, speaker);
}

static uint32_t digits(const char *text, size_t count)
{
    uint32_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = number * 10 + (uint32_t)(text[i] - '0');
    return number;
}

/* A line whose body begins here, and is as long as one: is it what was said? */
static bool judge(struct load *load, struct client *client, const char *body, const char *start, uint64_t now)
{
    uint32_t index = digits(body + 1, 4), number;
    const char *text = body - load->heard_octets;
    size_t octets = load->heard_octets + BODY_OCTETS;

    if (index >= load->speaker_count || text < start ||
        (body[BODY_OCTETS] != '\n' && body[BODY_OCTETS] != '\r'))
        return false;
    const struct speaker *speaker = &load->speakers[index];
    number = client->next[index];
    if (number >= speaker->lines || memcmp(text, speaker->said[number & load->mask].text, octets) != 0) {
        number = digits(body + 6, 10);
        if (number >= speaker->lines || memcmp(text, speaker->said[number & load->mask].text, octets) != 0)
            return false;
    }
    if (number < client->next[index] || (!load->dialect->echoes && index == client->index))
        load->twice++;
    else
        deliver(load, client, index, number, now);
    return true;
}

static void answer_ping(const struct load *load, const struct client *client, const char *from,
                        const char *to)
{
    const struct dialect *dialect = load->dialect;

    if (dialect->ping && memmem(from, (size_t)(to - from), dialect->ping, strlen(dialect->ping)))
        send(client->fd, dialect->pong, strlen(dialect->pong), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Returns from where on it is to be kept until more comes. */
static const char *hear(struct load *load, struct client *client, const char *start, const char *end,
                        uint64_t now)
{
    const char *at = start, *body;

    while ((body = memchr(at, '{', (size_t)(end - at)))) {
        if (end - body <= BODY_OCTETS)
            break;
        answer_ping(load, client, at, body);
        bool whole = judge(load, client, body, start, now);
        load->torn += !whole;
        at = body + (whole ? BODY_OCTETS : 1);
    }
    const char *keep = body ? body : end;
    if (!body)
        answer_ping(load, client, at, end);
    return keep - at > HEARD_MOST ? keep - HEARD_MOST : at;
}

/* Admission. */

static void advance(struct load *load, struct client *client)
{
    const struct dialect_step *step = &load->dialect->steps[client->step++];
    char text[256];

    if (step->say)
        send(client->fd, text, dialect_write(text, step->say, client->nick), MSG_NOSIGNAL);
    step = &load->dialect->steps[client->step];
    client->ready = client->step == DIALECT_STEPS || (!step->wait && !step->say);
    load->ready += client->ready;
}

/* A step for each text that was waited for and came. */
static const char *be_admitted(struct load *load, struct client *client, const char *start, const char *end)
{
    while (!client->ready) {
        const char *wait = load->dialect->steps[client->step].wait;
        const char *found = memmem(start, (size_t)(end - start), wait, strlen(wait));
        if (!found)
            return end - start > HEARD_MOST * 2 ? end - HEARD_MOST * 2 : start;
        start = found + strlen(wait);
        advance(load, client);
    }
    return start;
}

static void lose(struct load *load, struct client *client)
{
    close(client->fd);
    client->fd = -1;
    load->gone++;
}

static void connected(struct load *load, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        errno = error;
        bench_fail("connect");
    }
    client->connected = true;
    epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event);
    if (!load->dialect->steps[0].wait)
        advance(load, client);
}

static void receive(struct load *load, struct client *client)
{
    char *bytes = load->bytes;

    memcpy(bytes, client->tail, client->tail_length);
    ssize_t got = recv(client->fd, bytes + client->tail_length, READ_OCTETS, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            lose(load, client);
        return;
    }
    const char *end = bytes + client->tail_length + got, *keep = bytes;
    if (!client->ready)
        keep = be_admitted(load, client, keep, end);
    if (client->ready)
        keep = hear(load, client, keep, end, bench_now());
    client->tail_length = (size_t)(end - keep);
    memcpy(client->tail, keep, client->tail_length);
}

static void turn(struct load *load, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, timeout_ms);

    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (!client->connected)
            connected(load, client);
        else
            receive(load, client);
    }
    for (uint32_t i = 0; i < load->speaker_count; i++)
        flush(&load->speakers[i]);
}

static void open_client(struct load *load)
{
    struct client *client = &load->clients[load->opened++];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
    int on = 1;

    client->fd = socket(load->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0)
        bench_fail("socket");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(client->fd, (struct sockaddr *)&load->address, load->address_size) < 0 &&
        errno != EINPROGRESS)
        bench_fail("connect");
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        bench_fail("epoll");
}

static bool all_have_heard_first(const struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++)
        if (load->clients[i].next[0] == 0 && i != 0 && load->clients[i].fd >= 0)
            return false;
    return true;
}

/* Opens all, and says something until it has reached everybody; returns how long that took. Without them all
 * there is nothing to be measured. */
static uint64_t admit_all(struct load *load)
{
    uint64_t start = bench_now(), probed = 0, now = start;

    while (now < start + ADMISSION && (load->ready < load->count || !all_have_heard_first(load))) {
        while (load->opened < load->count && (load->batch == 0 || load->opened < load->ready + load->batch))
            open_client(load);
        if (load->ready == load->count && now >= probed + PROBE_EVERY) {
            say(load, &load->speakers[0]);
            probed = now;
        }
        turn(load, 10);
        now = bench_now();
    }
    if (load->ready < load->count || load->gone > 0 || !all_have_heard_first(load)) {
        fprintf(stderr,
                "clients: %" PRIu32 " of %" PRIu32 " were greeted, %" PRIu32 " dropped, and not all hear\n",
                load->ready, load->count, load->gone);
        exit(1);
    }
    return now - start;
}

/* Until nothing has been heard for a while. */
static void settle(struct load *load)
{
    uint64_t before = load->last = bench_now();

    while (bench_now() < load->last + QUIET && bench_now() < before + PATIENCE)
        turn(load, 10);
}

/* The modes. */

static void forget(struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++) {
        struct client *client = &load->clients[i];
        for (uint32_t k = 0; k < load->speaker_count; k++)
            client->next[k] = load->speakers[k].lines;
        client->heard = load->lines - own_lines(load, client);
    }
    load->deliveries = load->torn = load->missing = load->twice = 0;
    memset(&load->delays, 0, sizeof load->delays);
}

static uint64_t never_heard(const struct load *load)
{
    uint64_t lines = 0;

    for (uint32_t i = 0; i < load->count; i++)
        lines += load->lines - own_lines(load, &load->clients[i]) - load->clients[i].heard;
    return lines;
}

static void flood_step(struct load *load)
{
    struct speaker *speaker = &load->speakers[0];
    uint64_t most = load->ahead / LINE_OCTETS, room = room_ahead(load, most / 4);

    if (room < most / 8 || speaker->end > 0)
        return;
    for (uint64_t i = 0; i < room && i < most / 4 && has_room(speaker); i++)
        compose(load, speaker);
    flush(speaker);
}

static void fifty_step(struct load *load)
{
    for (uint32_t i = 0; i < load->speaker_count; i++)
        if (load->speakers[i].waits)
            say(load, &load->speakers[i]);
}

static int little_step(struct load *load, uint64_t *next)
{
    uint64_t now = bench_now();

    if (now >= *next) {
        say(load, &load->speakers[*next / LITTLE_EVERY % load->speaker_count]);
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
    while (bench_now() < until && bench_now() < load->last + PATIENCE) {
        if (strcmp(load->mode, "flood") == 0)
            flood_step(load);
        else if (load->fifty)
            fifty_step(load);
        else
            timeout = little_step(load, &next);
        turn(load, timeout);
    }
}

static void drain(struct load *load)
{
    load->fifty = false;
    load->last = bench_now() > load->last + PATIENCE ? load->last : bench_now();
    while (never_heard(load) > 0 && bench_now() < load->last + PATIENCE)
        turn(load, 10);
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

    settle(load);
    forget(load);
    before = process_look(load->pid);
    own = own_cpu();
    start = bench_now();
    talk(load, start + load->seconds * BENCH_SECOND);
    bool stalled = bench_now() >= load->last + PATIENCE;
    drain(load);
    double seconds = (double)(load->last - start) / 1e9;
    printf("clients=%" PRIu32 " mode=%s deliveries=%" PRIu64
           " deliveries_per_s=%.0f median_us=%.1f p99_us=%.1f "
           "torn=%" PRIu64 " missing=%" PRIu64 " twice=%" PRIu64 " gone=%" PRIu32
           " stalled=%d seconds=%.2f ahead=%" PRIu64,
           load->count, load->mode, load->deliveries, (double)load->deliveries / seconds,
           (double)histogram_at(&load->delays, 0.5) / 1e3, (double)histogram_at(&load->delays, 0.99) / 1e3,
           load->torn, load->missing + never_heard(load), load->twice, load->gone, stalled, seconds,
           load->ahead);
    print_process(load, &before, load->deliveries);
    printf(" own_cpu_s=%.4f\n", (double)(own_cpu() - own) / 1e9);
}

static void run_idle(struct load *load, uint64_t admitted, const struct process *empty)
{
    struct process before, after;

    settle(load);
    bench_wait_until(bench_now() + 3 * BENCH_SECOND / 2); /* what the server does a second after something */
    before = process_look(load->pid);
    uint64_t until = bench_now() + load->seconds * BENCH_SECOND, now;
    while ((now = bench_now()) < until)
        turn(load, (int)((until - now) / 1000000) + 1);
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
    while (kept < 2 * load->ahead / LINE_OCTETS)
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
    return load->dialect && load->count > 1 && load->count < 10000 && load->ahead >= 8 * LINE_OCTETS &&
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
    uint64_t admitted = admit_all(&load);
    for (int i = optind + 2; i < argc; i++) {
        load.mode = argv[i];
        if (strcmp(load.mode, "idle") == 0)
            run_idle(&load, admitted, &empty);
        else
            run_talk(&load);
    }
    return 0;
}
