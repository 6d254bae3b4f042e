#include "lanchat/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "shared.h"

#define POLL_US    UINT64_C(3000000) /* between looks at the interfaces where nothing tells of changes */
#define READ_MOST  128               /* datagrams from one socket before the others have their turn */
#define UDP_OCTETS 65535

struct ear {
    struct ear *next;
    struct tap *tap;
    struct interface is;
    struct shared shared;
    bool seen;
};

struct tap {
    struct lan_options options;
    struct loop *loop;
    tap_take *take;
    lan_notice *notice;
    void *context;
    int watch;
    bool changed, waiting;
    uint64_t scan_at_us;
    struct ear *ears;
    uint8_t bytes[UDP_OCTETS];
};

/* Receiving. */

static uint64_t clock_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Where the system cannot be told otherwise, groups that others joined are heard on the same port. */
static bool is_ours(const struct tap *tap, const union address *to)
{
    const struct in6_addr *to6 = &to->in6.sin6_addr, nodes6 = lan_nodes6();

    if (to->any.sa_family == AF_INET)
        return !IN_MULTICAST(ntohl(to->in.sin_addr.s_addr)) ||
               to->in.sin_addr.s_addr == tap->options.group4.s_addr;
    return !IN6_IS_ADDR_MULTICAST(to6) || IN6_ARE_ADDR_EQUAL(to6, &tap->options.group6) ||
           IN6_ARE_ADDR_EQUAL(to6, &nodes6);
}

/* So that the group is renewed when the nodes of this host renew it. */
static void note_heard(struct ear *ear, const union address *from, const union address *to)
{
    union address group = shared_group(&ear->shared, &ear->tap->options);

    if (socket_same_host(&group, to) && !interface_has(&ear->is, from))
        ear->shared.renewal.heard_us = system_time().now_us;
}

/* False when there is nothing to be read. */
static bool read_one(struct ear *ear)
{
    struct tap *tap = ear->tap;
    struct tap_datagram datagram = {.interface = ear->is.name, .bytes = tap->bytes};
    union address from = {0}, to;
    union {
        size_t align; /* as a cmsghdr's */
        char bytes[128];
    } control;
    struct iovec piece = {tap->bytes, sizeof tap->bytes};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof from,
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    unsigned index = 0;

    ssize_t got = recvmsg(ear->shared.fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return false;
    datagram.length = (size_t)got;
    datagram.time_us = clock_now_us();
    if (!socket_arrived(&message, &to, &index, &datagram.time_us) || index != ear->is.index ||
        !is_ours(tap, &to))
        return true;
    note_heard(ear, &from, &to);
    if (to.any.sa_family == AF_INET)
        to.in.sin_port = htons(tap->options.port);
    else
        to.in6.sin6_port = htons(tap->options.port);
    socket_to_node(&from, &datagram.from);
    socket_to_node(&to, &datagram.to);
    tap->take(tap->context, &datagram);
    return true;
}

static void ear_ready(void *context)
{
    struct ear *ear = context;
    unsigned count = 0;

    while (count < READ_MOST && read_one(ear))
        count++;
}

/* Interfaces. */

__attribute__((format(printf, 2, 3))) static void tell(const struct tap *tap, const char *format, ...)
{
    char line[LAN_ERROR_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    tap->notice(tap->context, line);
}

static void close_ear(struct tap *tap, struct ear *ear)
{
    struct ear **at = &tap->ears;

    while (*at != ear)
        at = &(*at)->next;
    *at = ear->next;
    shared_close(&ear->shared, tap->loop);
    free(ear);
}

/* Opens it and joins, as far as that was not done. */
static void open_ear(struct ear *ear)
{
    struct tap *tap = ear->tap;
    bool had = ear->shared.fd >= 0;

    shared_open(&ear->shared, &tap->options, &ear->is, tap->loop, ear_ready, ear);
    if (ear->shared.fd >= 0 && !had)
        socket_stamp(ear->shared.fd);
}

/* Says once what is not heard. */
static void tell_failure(struct ear *ear)
{
    char line[LAN_ERROR_MAX];

    if (shared_failure(&ear->shared, &ear->tap->options, &ear->is, "that is not heard there",
                       " (what is sent to the group is not heard there)", line))
        tell(ear->tap, "%s", line);
}

static void tell_failures(const struct tap *tap)
{
    for (struct ear *ear = tap->ears; ear; ear = ear->next)
        tell_failure(ear);
}

static struct ear *find_ear(struct tap *tap, const struct interface *interface, int family)
{
    struct ear *ear = tap->ears;

    while (ear && (ear->is.index != interface->index || ear->shared.family != family ||
                   strcmp(ear->is.name, interface->name) != 0))
        ear = ear->next;
    return ear;
}

static void hear(struct tap *tap, const struct interface *interface, int family)
{
    struct ear *ear = find_ear(tap, interface, family);

    if (!ear) {
        ear = calloc(1, sizeof *ear);
        if (!ear)
            return;
        *ear = (struct ear){.next = tap->ears, .tap = tap};
        shared_init(&ear->shared, family);
        tap->ears = ear;
    }
    ear->seen = true;
    ear->is = *interface;
    open_ear(ear);
}

static void close_unseen(struct tap *tap)
{
    struct ear *next;

    for (struct ear *ear = tap->ears; ear; ear = next) {
        next = ear->next;
        if (!ear->seen)
            close_ear(tap, ear);
    }
}

/* Something failed that may succeed later, without any news of an interface. */
static bool is_lacking(const struct tap *tap)
{
    for (const struct ear *ear = tap->ears; ear; ear = ear->next)
        if (!ear->shared.joined)
            return true;
    return false;
}

/* Hears on the interfaces that there are now, and on no others. */
static void scan(struct tap *tap)
{
    size_t count = 0;
    struct interface *list = interfaces_list(&count);

    tap->changed = false;
    tap->scan_at_us = system_time().now_us + POLL_US;
    if (!list)
        return;
    for (struct ear *ear = tap->ears; ear; ear = ear->next)
        ear->seen = false;
    count = interfaces_choose(list, count, &tap->options);
    for (size_t i = 0; i < count; i++) {
        if (tap->options.ipv4 && list[i].ipv4)
            hear(tap, &list[i], AF_INET);
        if (tap->options.ipv6 && list[i].ipv6)
            hear(tap, &list[i], AF_INET6);
    }
    free(list);
    close_unseen(tap);
    if (tap->watch >= 0 && !is_lacking(tap))
        tap->scan_at_us = LOOP_FOREVER;
    if (!tap->ears && !tap->waiting)
        tell(tap, "no network interface is up; waiting for one");
    tap->waiting = !tap->ears;
}

static void interface_changed(void *context, unsigned index)
{
    struct tap *tap = context;

    (void)index;
    tap->changed = true;
}

static void ready_watch(void *context)
{
    struct tap *tap = context;
    platform_watch_read(tap->watch, interface_changed, tap);
}

/* As all nodes of this host do: a membership that is kept would keep theirs from being reported. */
static void renew(struct ear *ear)
{
    struct node_time time = system_time();

    if (!shared_renew(&ear->shared, &ear->tap->options, &ear->is, time))
        return;
    open_ear(ear);
    if (!ear->shared.joined)
        ear->tap->scan_at_us = time.now_us + POLL_US;
}

void tap_tick(struct tap *tap)
{
    if (tap->changed || tap->scan_at_us <= system_time().now_us) {
        scan(tap);
        tell_failures(tap);
    }
    for (struct ear *ear = tap->ears; ear; ear = ear->next)
        renew(ear);
}

uint64_t tap_deadline(const struct tap *tap)
{
    struct node_time time = system_time();
    uint64_t least = tap->changed ? 0 : tap->scan_at_us;

    for (const struct ear *ear = tap->ears; ear; ear = ear->next) {
        uint64_t due = shared_deadline(&ear->shared, time);
        if (due < least)
            least = due;
    }
    return least;
}

/* Opening. */

/* Interfaces there are, but no socket could be opened on any. */
static bool is_deaf(const struct tap *tap, char error[LAN_ERROR_MAX])
{
    for (const struct ear *ear = tap->ears; ear; ear = ear->next)
        if (ear->shared.fd >= 0)
            return false;
    if (tap->ears)
        snprintf(error, LAN_ERROR_MAX, "UDP port %u: %s%s", tap->options.port,
                 strerror(tap->ears->shared.error),
                 tap->ears->shared.error == EADDRINUSE
                     ? " (another program holds it for itself; try another port with -p)"
                     : "");
    return tap->ears;
}

struct tap *tap_open(const struct lan_options *options, struct loop *loop, tap_take *take, lan_notice *notice,
                     void *context, char error[LAN_ERROR_MAX], bool *usage)
{
    struct tap *tap = calloc(1, sizeof *tap);

    *usage = false;
    if (!tap) {
        snprintf(error, LAN_ERROR_MAX, "memory: %s", strerror(errno));
        return NULL;
    }
    tap->options = *options;
    tap->options.broadcast = true; /* hear them wherever there are any */
    tap->loop = loop;
    tap->take = take;
    tap->notice = notice;
    tap->context = context;
    tap->watch = platform_watch();
    const char *missing = interfaces_missing(options);
    if (missing) {
        snprintf(error, LAN_ERROR_MAX, "%s: no such interface", missing);
        *usage = true;
        tap_close(tap);
        return NULL;
    }
    if (tap->watch >= 0 && !loop_add(loop, tap->watch, ready_watch, tap)) {
        snprintf(error, LAN_ERROR_MAX, "memory: %s", strerror(errno));
        tap_close(tap);
        return NULL;
    }
    scan(tap);
    if (is_deaf(tap, error)) {
        tap_close(tap);
        return NULL;
    }
    tell_failures(tap);
    return tap;
}

void tap_close(struct tap *tap)
{
    if (!tap)
        return;
    while (tap->ears)
        close_ear(tap, tap->ears);
    if (tap->watch >= 0) {
        loop_remove(tap->loop, tap->watch);
        close(tap->watch);
    }
    free(tap);
}
