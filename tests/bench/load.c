#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#define SAY_MOST    128
#define EVENTS      1024
#define QUIET       (3 * BENCH_SECOND / 10)
#define PROBE_EVERY (BENCH_SECOND / 20)
#define ADMISSION   (45 * BENCH_SECOND)

/* Saying. */

void load_flush(struct speaker *speaker)
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

bool load_has_room(const struct speaker *speaker)
{
    return speaker->end + SAY_MOST <= LOAD_OUT_OCTETS && speaker->client->fd >= 0;
}

static void write_body(char *body, unsigned index, uint32_t number, uint64_t moment)
{
    char head[LOAD_BODY_OCTETS];
    int length = snprintf(head, sizeof head, "{%04u %010" PRIu32 " %016" PRIu64 " ", index, number, moment);

    memset(body, '.', LOAD_BODY_OCTETS);
    memcpy(body, head, (size_t)length);
    body[LOAD_BODY_OCTETS - 1] = '}';
}

void load_compose(struct load *load, struct speaker *speaker)
{
    struct said *said = &speaker->said[speaker->lines & load->mask];
    const struct dialect *dialect = load->dialect;
    const char *nick = speaker->client->nick;
    char *out = speaker->out + speaker->end;

    said->moment = bench_now();
    size_t heard = dialect_write(said->text, dialect->heard, nick);
    write_body(said->text + heard, (unsigned)(speaker - load->speakers), speaker->lines, said->moment);
    out += dialect_write(out, dialect->before, nick);
    memcpy(out, said->text + heard, LOAD_BODY_OCTETS);
    out += LOAD_BODY_OCTETS;
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

uint64_t load_room(struct load *load, uint64_t wanted)
{
    uint64_t most = load->ahead / LOAD_LINE_OCTETS;

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

void load_say(struct load *load, struct speaker *speaker)
{
    speaker->waits = !load_has_room(speaker) || load_room(load, 1) == 0;
    if (speaker->waits)
        return;
    load_compose(load, speaker);
    load_flush(speaker);
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
        load_say(load, speaker);
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
    size_t octets = load->heard_octets + LOAD_BODY_OCTETS;

    if (index >= load->speaker_count || text < start ||
        (body[LOAD_BODY_OCTETS] != '\n' && body[LOAD_BODY_OCTETS] != '\r'))
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
        if (end - body <= LOAD_BODY_OCTETS)
            break;
        answer_ping(load, client, at, body);
        bool whole = judge(load, client, body, start, now);
        load->torn += !whole;
        at = body + (whole ? LOAD_BODY_OCTETS : 1);
    }
    const char *keep = body ? body : end;
    if (!body)
        answer_ping(load, client, at, end);
    return keep - at > LOAD_HEARD_MOST ? keep - LOAD_HEARD_MOST : at;
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
            return end - start > LOAD_HEARD_MOST * 2 ? end - LOAD_HEARD_MOST * 2 : start;
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
    ssize_t got = recv(client->fd, bytes + client->tail_length, LOAD_READ_OCTETS, MSG_DONTWAIT);
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

void load_turn(struct load *load, int timeout_ms)
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
        load_flush(&load->speakers[i]);
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

uint64_t load_admit(struct load *load)
{
    uint64_t start = bench_now(), probed = 0, now = start;

    while (now < start + ADMISSION && (load->ready < load->count || !all_have_heard_first(load))) {
        while (load->opened < load->count && (load->batch == 0 || load->opened < load->ready + load->batch))
            open_client(load);
        if (load->ready == load->count && now >= probed + PROBE_EVERY) {
            load_say(load, &load->speakers[0]);
            probed = now;
        }
        load_turn(load, 10);
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

void load_settle(struct load *load)
{
    uint64_t before = load->last = bench_now();

    while (bench_now() < load->last + QUIET && bench_now() < before + LOAD_PATIENCE)
        load_turn(load, 10);
}

void load_forget(struct load *load)
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

uint64_t load_never_heard(const struct load *load)
{
    uint64_t lines = 0;

    for (uint32_t i = 0; i < load->count; i++)
        lines += load->lines - own_lines(load, &load->clients[i]) - load->clients[i].heard;
    return lines;
}
