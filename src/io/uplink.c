#include "lanchat/uplink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backoff.h"
#include "channel.h"
#include "dialler.h"
#include "greeting.h"
#include "lanchat/system.h"

#define READ_OCTETS 2048
#define ERROR_MAX   800 /* two names, and words */

#define GREETING_US UINT64_C(5000000) /* for NICK, and for the preface behind it */

struct uplink {
    struct url url;
    struct loop *loop;
    struct links *links;
    struct node *node;
    lan_notice *notice;
    void *context;
    enum uplink_state state;
    int link;
    struct dialler *dialler; /* UPLINK_DIALLING: this, or fd */
    int fd;                  /* connected, the greeting is waited for; -1: not */
    struct greeting greeting;
    char address[URL_HOST_MAX + 1]; /* of fd, or of what is up */
    struct channel *channel;        /* UPLINK_UP */
    uint64_t until_us;              /* of the greeting, or UPLINK_WAITING */
    struct backoff backoff;
    uint64_t up_us; /* since when it is, or was, up; 0: never was */
    char error[ERROR_MAX];
};

__attribute__((format(printf, 2, 3))) static void tell(const struct uplink *uplink, const char *format, ...)
{
    char line[ERROR_MAX + 80];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    uplink->notice(uplink->context, line);
}

/* Failing. */

static void wait_after(struct uplink *uplink, const char *lost, const char *why)
{
    uint64_t wait_us = backoff_wait(&uplink->backoff);

    uplink->state = UPLINK_WAITING;
    uplink->until_us = system_time().now_us + wait_us;
    snprintf(uplink->error, sizeof uplink->error, "%s: %s%s", uplink->url.text, lost, why);
    tell(uplink, "%s; retrying in %.1f s", uplink->error, (double)wait_us / 1e6);
}

static void hang_up(struct uplink *uplink)
{
    loop_remove(uplink->loop, uplink->fd);
    close(uplink->fd);
    uplink->fd = -1;
}

static void fail_greeting(struct uplink *uplink, const char *why)
{
    hang_up(uplink);
    wait_after(uplink, "", why);
}

/* What a user may try instead, without a port where it is the usual one. */
static void name_nick(const struct url *url, char *out, size_t size)
{
    bool brackets = strchr(url->host, ':');

    if (url->port != URL_PORT)
        snprintf(out, size, "nick://%s", url->text);
    else
        snprintf(out, size, brackets ? "nick://[%s]" : "nick://%s", url->host);
}

/* To dial a tutorial server again would only announce another strange name there. */
static void refuse(struct uplink *uplink)
{
    char nick[sizeof uplink->url.text + sizeof "nick://"];

    hang_up(uplink);
    uplink->state = UPLINK_REFUSED;
    name_nick(&uplink->url, nick, sizeof nick);
    if (uplink->greeting.state == GREETING_OURSELVES)
        snprintf(uplink->error, sizeof uplink->error, "%s: that is this very program", uplink->url.text);
    else
        snprintf(uplink->error, sizeof uplink->error,
                 "%s: not a lanchat hub (a tutorial chat server? then %s)", uplink->url.text, nick);
}

/* Connected. */

static void on_ended(void *context, const char *why)
{
    struct uplink *uplink = context;

    backoff_lost(&uplink->backoff, uplink->up_us);
    wait_after(uplink, "lost: ", why);
    channel_close(uplink->channel);
    uplink->channel = NULL;
}

static void send_datagram(void *context, const struct node_datagram *datagram)
{
    const struct uplink *uplink = context;

    if (uplink->channel)
        channel_send(uplink->channel, datagram);
}

/* `early`: what came behind the greeting. */
static void go_up(struct uplink *uplink, const uint8_t *early, size_t length)
{
    loop_remove(uplink->loop, uplink->fd);
    uplink->channel = channel_open(uplink->loop, uplink->node, uplink->fd, uplink->link, on_ended, uplink);
    if (!uplink->channel) {
        fail_greeting(uplink, strerror(errno));
        return;
    }
    uplink->fd = -1;
    uplink->state = UPLINK_UP;
    uplink->up_us = system_time().now_us;
    uplink->error[0] = '\0';
    tell(uplink, "%s: connected (%s)", uplink->url.text, uplink->address);
    channel_take(uplink->channel, early, length);
}

/* The greeting. */

static bool send_preface(struct uplink *uplink)
{
    char preface[PREFACE_OCTETS];

    greeting_preface(uplink->greeting.id, preface);
    uplink->until_us = system_time().now_us + GREETING_US;
    return send(uplink->fd, preface, sizeof preface, MSG_NOSIGNAL) == sizeof preface;
}

static void take_greeting(struct uplink *uplink, const uint8_t *bytes, size_t length)
{
    struct greeting *greeting = &uplink->greeting;
    bool waited = greeting->state == GREETING_WAITS;
    size_t took = greeting_take(greeting, bytes, length);

    if (waited && greeting->state == GREETING_ASKED) {
        if (!send_preface(uplink)) {
            fail_greeting(uplink, strerror(errno));
            return;
        }
        took += greeting_take(greeting, bytes + took, length - took);
    }
    /* A tutorial server may say our words again, the newline too, and go on. */
    if (greeting->state == GREETING_OURSELVES && took < length)
        greeting->state = GREETING_OTHER;
    if (greeting->state == GREETING_DONE)
        go_up(uplink, bytes + took, length - took);
    else if (greeting->state > GREETING_DONE)
        refuse(uplink);
}

static void on_greeting(void *context)
{
    struct uplink *uplink = context;
    uint8_t bytes[READ_OCTETS];
    ssize_t got = recv(uplink->fd, bytes, sizeof bytes, 0);

    if (got > 0)
        take_greeting(uplink, bytes, (size_t)got);
    else if (got == 0)
        fail_greeting(uplink, "closed by the other side");
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fail_greeting(uplink, strerror(errno));
}

/* A hub answers a preface at once: who never did takes ours for a nickname. One that did before is busy, or
 * out of reach. */
static void greeting_late(struct uplink *uplink)
{
    bool asked = uplink->greeting.state == GREETING_ASKED;

    if (asked && uplink->up_us == 0)
        refuse(uplink);
    else
        fail_greeting(uplink, asked ? "does not answer" : "says nothing");
}

/* Dialling. */

static void on_dialled(void *context, int fd, const char *text)
{
    struct uplink *uplink = context;

    if (fd >= 0 && loop_add(uplink->loop, fd, on_greeting, uplink)) {
        uplink->fd = fd;
        uplink->until_us = system_time().now_us + GREETING_US;
        snprintf(uplink->address, sizeof uplink->address, "%s", text);
        greeting_init(&uplink->greeting, node_id(uplink->node));
    } else if (fd >= 0) {
        wait_after(uplink, "", strerror(errno));
        close(fd);
    } else {
        wait_after(uplink, "", text);
    }
    dialler_close(uplink->dialler);
    uplink->dialler = NULL;
}

static void dial(struct uplink *uplink)
{
    uplink->dialler = dialler_open(&uplink->url, uplink->loop, on_dialled, uplink);
    if (!uplink->dialler) {
        wait_after(uplink, "", strerror(errno));
        return;
    }
    uplink->state = UPLINK_DIALLING;
    dialler_tick(uplink->dialler);
}

void uplink_tick(struct uplink *uplink)
{
    struct node_time time = system_time();

    if (uplink->channel)
        channel_tick(uplink->channel, time);
    else if (uplink->dialler)
        dialler_tick(uplink->dialler);
    else if (uplink->state == UPLINK_REFUSED || time.now_us < uplink->until_us)
        return;
    else if (uplink->fd >= 0)
        greeting_late(uplink);
    else
        dial(uplink);
}

uint64_t uplink_deadline(const struct uplink *uplink)
{
    if (uplink->channel)
        return channel_deadline(uplink->channel);
    if (uplink->dialler)
        return dialler_deadline(uplink->dialler);
    return uplink->state == UPLINK_REFUSED ? LOOP_FOREVER : uplink->until_us;
}

void uplink_flush(struct uplink *uplink)
{
    if (uplink->channel)
        channel_flush(uplink->channel);
}

bool uplink_unsent(const struct uplink *uplink)
{
    return uplink->channel && channel_unsent(uplink->channel);
}

enum uplink_state uplink_state(const struct uplink *uplink)
{
    return uplink->state;
}

const char *uplink_error(const struct uplink *uplink)
{
    return uplink->error;
}

struct uplink *uplink_open(const struct url *url, struct loop *loop, struct links *links, struct node *node,
                           lan_notice *notice, void *context)
{
    struct uplink *uplink = calloc(1, sizeof *uplink);

    if (!uplink)
        return NULL;
    uplink->url = *url;
    uplink->loop = loop;
    uplink->links = links;
    uplink->node = node;
    uplink->notice = notice;
    uplink->context = context;
    uplink->state = UPLINK_DIALLING;
    uplink->fd = -1;
    snprintf(uplink->error, sizeof uplink->error, "%s: not connected yet", url->text);
    uplink->link = links_add(links, NODE_CONNECTION, send_datagram, uplink);
    if (uplink->link >= 0)
        return uplink;
    free(uplink);
    return NULL;
}

void uplink_close(struct uplink *uplink)
{
    if (!uplink)
        return;
    dialler_close(uplink->dialler);
    if (uplink->fd >= 0)
        hang_up(uplink);
    channel_close(uplink->channel);
    links_remove(uplink->links, uplink->link);
    free(uplink);
}
