#include "channel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "sockets.h"

#define LENGTH_OCTETS 2
#define FRAME_OCTETS  (LENGTH_OCTETS + WIRE_DATAGRAM_MAX)

#define READ_OCTETS 16384 /* at once; then the node is asked whether it has room for more */
#define TURN_OCTETS 65536 /* before others have their turn */

#define FULL_OCTETS  ((size_t)64 * 1024) /* from here on the node is not asked for more */
#define AGAIN_OCTETS ((size_t)16 * 1024) /* until no more than this waits */

#define SILENT_SECONDS 45
#define SILENT_TEXT    "45 s"
#define SILENT_US      (SILENT_SECONDS * UINT64_C(1000000))

struct channel {
    struct loop *loop;
    struct node *node;
    int fd, link;
    channel_ended *ended;
    void *context;
    struct node_address from;
    bool over;         /* `ended` was called */
    bool reading;      /* else the node has no room */
    bool blocked;      /* the kernel takes nothing more until the loop says so */
    bool full;         /* the node was told so */
    bool failed;       /* nothing can be sent any more: `why` */
    uint64_t heard_us; /* when something was read last, or reading was taken up */
    uint64_t sent_us;  /* when something was taken last, or began to wait */
    char why[80];
    size_t in_length, out_length;
    uint8_t in[FRAME_OCTETS];                /* of a frame that is not whole yet */
    uint8_t out[FULL_OCTETS + FRAME_OCTETS]; /* frames that wait */
};

/* The channel may be gone when this returns. */
static void end(struct channel *channel, const char *why)
{
    if (!channel->failed)
        snprintf(channel->why, sizeof channel->why, "%s", why);
    channel->over = true;
    loop_remove(channel->loop, channel->fd);
    channel->ended(channel->context, channel->why);
}

/* Reading. */

static size_t datagram_length(const struct channel *channel)
{
    return (size_t)channel->in[0] << 8 | channel->in[1];
}

static bool end_with_length(struct channel *channel)
{
    char why[40];

    snprintf(why, sizeof why, "not a frame: length %zu", datagram_length(channel));
    end(channel, why);
    return false;
}

/* False if that was its end. */
static bool take(struct channel *channel, const uint8_t *bytes, size_t length)
{
    struct node_time time = system_time();

    while (length > 0) {
        size_t known = channel->in_length < LENGTH_OCTETS ? 0 : datagram_length(channel);
        size_t lacks = LENGTH_OCTETS + known - channel->in_length;
        size_t got = length < lacks ? length : lacks;
        memcpy(channel->in + channel->in_length, bytes, got);
        channel->in_length += got;
        bytes += got;
        length -= got;
        if (got < lacks)
            break;
        if (known == 0) {
            if (datagram_length(channel) == 0 || datagram_length(channel) > WIRE_DATAGRAM_MAX)
                return end_with_length(channel);
            continue;
        }
        node_receive(channel->node, channel->link, WIRE_PATH_LINK, &channel->from,
                     channel->in + LENGTH_OCTETS, known, time);
        channel->in_length = 0;
    }
    return true;
}

void channel_take(struct channel *channel, const uint8_t *bytes, size_t length)
{
    if (!channel->over)
        take(channel, bytes, length);
}

/* True if there may be more. */
static bool read_some(struct channel *channel)
{
    uint8_t bytes[READ_OCTETS];
    ssize_t got = recv(channel->fd, bytes, sizeof bytes, 0);

    if (got > 0) {
        channel->heard_us = system_time().now_us;
        return take(channel, bytes, (size_t)got) && got == sizeof bytes;
    }
    if (got == 0)
        end(channel, "closed by the other side");
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        end(channel, strerror(errno));
    return false;
}

static void on_readable(void *context)
{
    struct channel *channel = context;

    for (size_t taken = 0; taken < TURN_OCTETS; taken += READ_OCTETS)
        if (!node_may_read(channel->node, channel->link) || !read_some(channel))
            return;
}

/* Who is not read from is not silent. */
static void read_or_wait(struct channel *channel)
{
    bool may = node_may_read(channel->node, channel->link);

    if (may == channel->reading)
        return;
    channel->reading = may;
    channel->heard_us = system_time().now_us;
    loop_read(channel->loop, channel->fd, may);
}

/* Writing. */

/* What was sent before is still to be read: reading finds the end. */
static void fail(struct channel *channel, int error)
{
    snprintf(channel->why, sizeof channel->why, "%s", strerror(error));
    channel->failed = true;
    channel->out_length = 0;
    loop_write(channel->loop, channel->fd, NULL);
    shutdown(channel->fd, SHUT_RDWR);
}

static void on_writable(void *context);

static void push(struct channel *channel)
{
    if (channel->blocked || channel->out_length == 0)
        return;
    ssize_t sent = send(channel->fd, channel->out, channel->out_length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS) {
        fail(channel, errno);
        return;
    }
    if (sent > 0) {
        channel->sent_us = system_time().now_us;
        channel->out_length -= (size_t)sent;
        memmove(channel->out, channel->out + sent, channel->out_length);
    }
    channel->blocked = channel->out_length > 0;
    loop_write(channel->loop, channel->fd, channel->blocked ? on_writable : NULL);
}

static void set_full(struct channel *channel, bool full)
{
    if (channel->full == full)
        return;
    channel->full = full;
    node_link_full(channel->node, channel->link, full, system_time());
}

static void on_writable(void *context)
{
    struct channel *channel = context;

    channel->blocked = false;
    push(channel);
    if (channel->out_length <= AGAIN_OCTETS)
        set_full(channel, false);
}

void channel_send(struct channel *channel, const struct node_datagram *datagram)
{
    uint8_t *at = channel->out + channel->out_length;

    if (channel->over || channel->failed ||
        sizeof channel->out - channel->out_length < LENGTH_OCTETS + datagram->length)
        return;
    if (channel->out_length == 0)
        channel->sent_us = system_time().now_us;
    at[0] = (uint8_t)(datagram->length >> 8);
    at[1] = (uint8_t)datagram->length;
    memcpy(at + LENGTH_OCTETS, datagram->bytes, datagram->length);
    channel->out_length += LENGTH_OCTETS + datagram->length;
    if (channel->out_length > FULL_OCTETS)
        push(channel);
    if (channel->out_length > FULL_OCTETS)
        set_full(channel, true);
}

void channel_flush(struct channel *channel)
{
    if (channel->over)
        return;
    push(channel);
    read_or_wait(channel);
}

bool channel_unsent(const struct channel *channel)
{
    return !channel->over && channel->out_length > 0;
}

/* Time. */

void channel_tick(struct channel *channel, struct node_time time)
{
    if (channel->over)
        return;
    if (channel->reading && time.now_us >= channel->heard_us + SILENT_US)
        end(channel, "silent for " SILENT_TEXT);
    else if (channel->out_length > 0 && time.now_us >= channel->sent_us + SILENT_US)
        end(channel, "has taken nothing for " SILENT_TEXT);
}

uint64_t channel_deadline(const struct channel *channel)
{
    uint64_t deadline = LOOP_FOREVER;

    if (channel->over)
        return deadline;
    if (channel->reading)
        deadline = channel->heard_us + SILENT_US;
    if (channel->out_length > 0 && channel->sent_us + SILENT_US < deadline)
        deadline = channel->sent_us + SILENT_US;
    return deadline;
}

/* Opening and closing. */

static void note_peer(struct channel *channel)
{
    union address peer = {0};
    socklen_t length = sizeof peer;

    if (getpeername(channel->fd, &peer.any, &length) != 0)
        return;
    socket_unmap(&peer);
    socket_to_node(&peer, &channel->from);
}

struct channel *channel_open(struct loop *loop, struct node *node, int fd, int link, channel_ended *ended,
                             void *context)
{
    const int on = 1;
    struct channel *channel = calloc(1, sizeof *channel);

    if (!channel || !loop_add(loop, fd, on_readable, channel)) {
        free(channel);
        return NULL;
    }
    channel->loop = loop;
    channel->node = node;
    channel->fd = fd;
    channel->link = link;
    channel->ended = ended;
    channel->context = context;
    channel->reading = true;
    channel->heard_us = system_time().now_us;
    note_peer(channel);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    platform_keep_alive(fd, SILENT_SECONDS);
    node_path_up(node, link, WIRE_PATH_LINK, system_time());
    return channel;
}

void channel_close(struct channel *channel)
{
    if (!channel)
        return;
    loop_remove(channel->loop, channel->fd);
    close(channel->fd);
    node_path_down(channel->node, channel->link, WIRE_PATH_LINK, system_time());
    free(channel);
}
