#include "lanchat/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "lanchat/system.h"

#define BACKLOG         4096 /* the kernel takes as much of it as it allows */
#define ACCEPT_MAX      256  /* in one turn */
#define ACCEPT_AGAIN_US UINT64_C(1000000)
#define SILENT_SECONDS  45
#define UNSENT_OCTETS   131072
#define NOTICES_MAX     10
#define NOTICES_US      UINT64_C(1000000)

/* Notices. */

static void tell_left_out(struct server *server)
{
    char line[LAN_ERROR_MAX];

    if (server->notices_left_out == 0)
        return;
    snprintf(line, sizeof line, "%u more connections were closed, dropped or opened",
             server->notices_left_out);
    server->notices_left_out = 0;
    server->notice(server->context, line);
}

void server_tell(struct server *server, const char *format, ...)
{
    uint64_t now_us = system_time().now_us;
    char line[LAN_ERROR_MAX];
    va_list arguments;

    if (now_us - server->notices_us >= NOTICES_US) {
        tell_left_out(server);
        server->notices_us = now_us;
        server->notices = 0;
    }
    if (server->notices >= NOTICES_MAX) {
        server->notices_left_out++;
        return;
    }
    server->notices++;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    server->notice(server->context, line);
}

/* Addresses. */

void server_name(const union address *address, char out[CLIENT_NAME_MAX])
{
    char host[CLIENT_NAME_MAX - 10] = "?", port[8] = "?";

    getnameinfo(&address->any, socket_address_length(address), host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, CLIENT_NAME_MAX, address->any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static bool matches(const struct server_allow *allow, const union address *address)
{
    const uint8_t *octets = address->any.sa_family == AF_INET ? (const uint8_t *)&address->in.sin_addr
                                                              : address->in6.sin6_addr.s6_addr;
    unsigned whole = allow->bits / 8, rest = allow->bits % 8;

    if (allow->family != address->any.sa_family || memcmp(allow->address, octets, whole) != 0)
        return false;
    return rest == 0 || ((allow->address[whole] ^ octets[whole]) >> (8 - rest)) == 0;
}

static bool is_allowed(const struct server *server, const union address *address)
{
    for (size_t i = 0; i < server->allow_count; i++)
        if (matches(&server->allows[i], address))
            return true;
    return server->allow_count == 0;
}

/* Accepting. */

static void listen_on(struct server *server, bool on)
{
    server->accept_us = on ? LOOP_FOREVER : system_time().now_us + ACCEPT_AGAIN_US;
    for (size_t i = 0; i < server->listener_count; i++)
        loop_read(server->loop, server->listeners[i].fd, on);
}

/* Without descriptors or memory the next attempt would fail at once, too. */
static void wait_to_accept(struct server *server)
{
    if (!server->told_full)
        server_tell(server, "nobody else can connect for now: %s", strerror(errno));
    server->told_full = true;
    listen_on(server, false);
}

/* Small writes go at once, who is gone without a word is found, and what the kernel takes tells how fast the
 * other side reads. */
static void set_up(int fd)
{
    const int on = 1;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    platform_keep_alive(fd, SILENT_SECONDS);
    platform_limit_unsent(fd, UNSENT_OCTETS);
}

/* Accepts one; false: there is none, or none can be had. */
static bool accept_one(struct listener *listener)
{
    struct server *server = listener->server;
    union address from = {.any.sa_family = AF_UNSPEC};
    socklen_t length = sizeof from;
    char name[CLIENT_NAME_MAX];
    int fd = accept(listener->fd, &from.any, &length);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            wait_to_accept(server);
        return errno == ECONNABORTED || errno == EINTR;
    }
    socket_unmap(&from);
    if (is_allowed(server, &from)) {
        set_up(fd);
        client_open(server, fd, &from);
        return true;
    }
    server_name(&from, name);
    server_tell(server, "%s: closed: not allowed", name);
    close(fd);
    return true;
}

static void ready_accept(void *context)
{
    for (int i = 0; i < ACCEPT_MAX; i++)
        if (!accept_one(context))
            return;
}

/* Opening. */

static void explain(const struct server_listen *listen, const char *why, char error[LAN_ERROR_MAX])
{
    if (listen->address[0] != '\0')
        snprintf(error, LAN_ERROR_MAX, "%s port %u: %s", listen->address, listen->port, why);
    else
        snprintf(error, LAN_ERROR_MAX, "port %u: %s", listen->port, why);
}

static bool is_any(const struct addrinfo *address)
{
    const union address *is = (const union address *)(const void *)address->ai_addr;

    return address->ai_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&is->in6.sin6_addr);
}

/* -1 with errno set. The IPv6 address for all hosts takes IPv4, too, where the system has that. */
static int open_listener(const struct addrinfo *address)
{
    const int on = 1, only = !is_any(address);
    int fd = socket(address->ai_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool opened =
        address->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0;
    opened = opened && bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (opened)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool add_listener(struct server *server, int fd)
{
    struct listener *listener = &server->listeners[server->listener_count];

    *listener = (struct listener){server, fd};
    if (fd < 0 || !loop_add(server->loop, fd, ready_accept, listener))
        return false;
    server->listener_count++;
    return true;
}

/* On a system without IPv6, every address is every IPv4 address. */
static bool open_listen(struct server *server, const struct server_listen *listen, char error[LAN_ERROR_MAX])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE},
                    *address;
    bool any = listen->address[0] == '\0' || strcmp(listen->address, "::") == 0;
    char port[8];

    snprintf(port, sizeof port, "%u", listen->port);
    int failed = getaddrinfo(any ? "::" : listen->address, port, &hints, &address);
    int fd = failed ? -1 : open_listener(address);
    if (!failed)
        freeaddrinfo(address);
    if (any && fd < 0 && (failed || errno != EADDRINUSE)) {
        failed = getaddrinfo("0.0.0.0", port, &hints, &address);
        fd = failed ? -1 : open_listener(address);
        if (!failed)
            freeaddrinfo(address);
    }
    if (!failed && add_listener(server, fd))
        return true;
    explain(listen, failed ? gai_strerror(failed) : strerror(errno), error);
    if (fd >= 0)
        close(fd);
    return false;
}

static bool open_all(struct server *server, const struct server_options *options, char error[LAN_ERROR_MAX])
{
    static const struct server_listen everywhere = {.port = SERVER_PORT};
    const struct server_listen *listens = options->listen_count ? options->listens : &everywhere;
    size_t count = options->listen_count ? options->listen_count : 1;

    snprintf(error, LAN_ERROR_MAX, "memory: %s", strerror(ENOMEM));
    server->listeners = calloc(count, sizeof *server->listeners);
    server->allows = calloc(options->allow_count + 1, sizeof *server->allows);
    if (!server->listeners || !server->allows)
        return false;
    for (size_t i = 0; i < options->allow_count; i++)
        server->allows[i] = options->allows[i];
    server->allow_count = options->allow_count;
    for (size_t i = 0; i < count; i++)
        if (!open_listen(server, &listens[i], error))
            return false;
    return true;
}

struct server *server_open(const struct server_options *options, struct loop *loop, struct links *links,
                           struct node *node, lan_notice *notice, void *context, char error[LAN_ERROR_MAX])
{
    struct server *server = calloc(1, sizeof *server);

    if (!server) {
        snprintf(error, LAN_ERROR_MAX, "memory: %s", strerror(errno));
        return NULL;
    }
    server->loop = loop;
    server->links = links;
    server->node = node;
    server->notice = notice;
    server->context = context;
    server->room = options->room;
    server->another = options->another;
    shards_open(server);
    server->opened_ms = system_time().wall_ms;
    server->accept_us = server->judge_us = server->fold.at_us = LOOP_FOREVER;
    if (!open_all(server, options, error)) {
        server_close(server);
        return NULL;
    }
    if (options->allow_count == 0)
        server_tell(server, "anybody who reaches the port may connect (--allow ADDRESS/BITS limits that)");
    return server;
}

static void stop_listening(struct server *server)
{
    while (server->listener_count > 0) {
        int fd = server->listeners[--server->listener_count].fd;
        loop_remove(server->loop, fd);
        close(fd);
    }
    server->accept_us = LOOP_FOREVER;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    stop_listening(server);
    while (server->clients)
        client_drop(server->clients, NULL);
    clients_sweep(server);
    peers_close(server);
    shards_close(server);
    tell_left_out(server);
    timers_free(&server->timers);
    free(server->by_id);
    free(server->listeners);
    free(server->allows);
    free(server);
}

/* The turns. */

void server_tick(struct server *server)
{
    struct node_time time = system_time();

    if (server->accept_us <= time.now_us)
        listen_on(server, true);
    clients_tick(server, time);
    crowd_tick(server, time.now_us);
    peers_tick(server, time);
    shards_tick(server, time);
    server->again = false; /* what is left of this turn says it */
    if (server->notices_left_out > 0 && time.now_us - server->notices_us >= NOTICES_US)
        tell_left_out(server);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t server_deadline(const struct server *server)
{
    const struct timer *timer = timers_first(&server->timers);
    uint64_t deadline = earlier(server->accept_us, server->judge_us);

    if (server->again)
        return 0;
    if (timer)
        deadline = earlier(deadline, timer->at_us);
    if (server->notices_left_out > 0)
        deadline = earlier(deadline, server->notices_us + NOTICES_US);
    deadline = earlier(deadline, earlier(peers_deadline(server), shards_deadline(server)));
    return earlier(deadline, server->fold.at_us);
}

void server_flush(struct server *server)
{
    shards_flush(server);
    shards_pace(server);
    clients_flush(server);
    peers_flush(server);
}

void server_stop(struct server *server)
{
    server->stopped = true;
    stop_listening(server);
    for (const struct client *client = server->clients; client; client = client->next)
        loop_read(server->loop, client->fd, false);
    shards_bye(server);
}

bool server_unsent(const struct server *server)
{
    for (const struct client *client = server->clients; client; client = client->next)
        if (client->waiting)
            return true;
    return server->news || peers_unsent(server) || shards_unsent(server);
}
