#include "lanchat/text_server.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backoff.h"
#include "dialler.h"
#include "lanchat/system.h"
#include "lanchat/tutorial.h"
#include "lanchat/wire.h"
#include "platform.h"

#define READ_OCTETS    4096
#define PEOPLE_MAX     1000
#define SILENT_SECONDS 45
/* Who just came hears within this of a relay that is its client already. */
#define SETTLE_US UINT64_C(1000000)

enum state {
    WAITING, /* before it is dialled again */
    STANDBY, /* another relay is its client, or it is not known yet that none is */
    DIALLING,
    CONNECTED,
};

struct person {
    struct person *next;
    struct node_guest *guest;
    char nick[TEXT_NICK_MAX + 1];
};

struct text_server {
    struct url url;
    char nick[TEXT_NICK_MAX + 1];
    uint64_t room;
    struct loop *loop;
    struct node *node;
    lan_notice *notice;
    void *context;
    enum state state;
    bool told;         /* that another is its client */
    uint64_t until_us; /* WAITING; STANDBY: since so long it would be ours */
    struct backoff backoff;
    struct node_guest *candidate; /* but in WAITING */
    struct dialler *dialler;      /* DIALLING */
    int fd;                       /* CONNECTED */
    bool reading;
    uint64_t up_us; /* since when it has our nickname; 0: not yet */
    char address[URL_HOST_MAX + 1];
    struct tutorial *tutorial;
    struct person *people;
    unsigned people_count;
    bool complained; /* of words that are lost, in this connection */
};

__attribute__((format(printf, 2, 3))) static void tell(const struct text_server *server, const char *format,
                                                       ...)
{
    char line[1024];
    va_list arguments;
    int length = snprintf(line, sizeof line, "%s: ", server->url.text);

    va_start(arguments, format);
    vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    va_end(arguments);
    server->notice(server->context, line);
}

/* Once: a log is not to be filled from there. */
static void complain(struct text_server *server, const char *why, struct span nick)
{
    if (!server->complained)
        tell(server, "%s: words of %.*s are lost", why, (int)nick.length, nick.bytes);
    server->complained = true;
}

/* People. */

static void remove_person(struct text_server *server, struct person **at)
{
    struct person *person = *at;

    if (!person)
        return;
    *at = person->next;
    server->people_count--;
    node_guest_leave(server->node, person->guest, system_time());
    free(person);
}

static struct person **find_person(struct text_server *server, struct span nick)
{
    struct person **at = &server->people;

    while (*at && !span_equal(span_of((*at)->nick), nick))
        at = &(*at)->next;
    return at;
}

/* Who speaks without having joined was there before us. NULL: no memory, or too many are here. */
static struct person *need_person(struct text_server *server, struct span nick)
{
    struct person *person = *find_person(server, nick);

    if (person || server->people_count == PEOPLE_MAX)
        return person;
    person = calloc(1, sizeof *person);
    if (!person)
        return NULL;
    person->guest = node_guest_enter(server->node, nick, server->room, true, system_time());
    if (!person->guest) {
        free(person);
        return NULL;
    }
    memcpy(person->nick, nick.bytes, nick.length);
    person->next = server->people;
    server->people = person;
    server->people_count++;
    return person;
}

static void say(struct text_server *server, const struct tutorial_event *event)
{
    const struct person *person = need_person(server, event->nick);

    if (!person ||
        node_guest_say(server->node, person->guest, event->text, event->action, system_time()) == 0)
        complain(server, "too many people are here", event->nick);
}

/* The connection. */

static void hang_up(struct text_server *server)
{
    while (server->people)
        remove_person(server, &server->people);
    dialler_close(server->dialler);
    server->dialler = NULL;
    if (server->state == CONNECTED) {
        loop_remove(server->loop, server->fd);
        close(server->fd);
    }
    tutorial_free(server->tutorial);
    server->tutorial = NULL;
}

static void take_candidate_back(struct text_server *server)
{
    if (server->candidate)
        node_guest_leave(server->node, server->candidate, system_time());
    server->candidate = NULL;
}

/* Another relay may try meanwhile. */
static void wait_after(struct text_server *server, const char *lost, const char *why)
{
    uint64_t wait_us = backoff_wait(&server->backoff);

    tell(server, "%s%s; retrying in %.1f s", lost, why, (double)wait_us / 1e6);
    hang_up(server);
    take_candidate_back(server);
    server->state = WAITING;
    server->until_us = system_time().now_us + wait_us;
}

static void lose(struct text_server *server, const char *why)
{
    bool up = server->up_us > 0;

    if (up)
        backoff_lost(&server->backoff, server->up_us);
    wait_after(server, up ? "lost: " : "", why);
}

/* False if the connection is no more. */
static bool take_events(struct text_server *server)
{
    struct tutorial_event event;

    while (tutorial_next(server->tutorial, &event))
        switch (event.type) {
        case TUTORIAL_ENTERED:
            server->up_us = system_time().now_us;
            tell(server, "connected (%s)", server->address);
            break;
        case TUTORIAL_JOINED:
            need_person(server, event.nick);
            break;
        case TUTORIAL_LEFT:
            remove_person(server, find_person(server, event.nick));
            break;
        case TUTORIAL_SAYS:
            say(server, &event);
            break;
        case TUTORIAL_REFUSED: {
            char why[100];
            snprintf(why, sizeof why, "%.*s", (int)event.text.length, event.text.bytes);
            wait_after(server, "", why);
            return false;
        }
        }
    return true;
}

static void on_readable(void *context)
{
    struct text_server *server = context;
    char bytes[READ_OCTETS];
    ssize_t got = recv(server->fd, bytes, sizeof bytes, 0);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    int error = errno;
    if (got > 0)
        tutorial_feed(server->tutorial, bytes, (size_t)got, system_time().now_us);
    else
        tutorial_end(server->tutorial);
    if (take_events(server) && got <= 0)
        lose(server, got == 0 ? "closed by the other side" : strerror(error));
}

static void on_dialled(void *context, int fd, const char *text)
{
    struct text_server *server = context;
    int on = 1;

    if (fd < 0) {
        wait_after(server, "", text);
        return;
    }
    server->tutorial = tutorial_new(span_of(server->nick), system_time().now_us);
    if (!server->tutorial || !loop_add(server->loop, fd, on_readable, server)) {
        int error = errno;
        close(fd);
        wait_after(server, "", strerror(error));
        return;
    }
    snprintf(server->address, sizeof server->address, "%s", text);
    dialler_close(server->dialler);
    server->dialler = NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    platform_keep_alive(fd, SILENT_SECONDS);
    server->fd = fd;
    server->reading = true;
    server->state = CONNECTED;
    server->complained = false;
    server->up_us = 0;
}

static void dial(struct text_server *server)
{
    server->state = DIALLING;
    server->dialler = dialler_open(&server->url, server->loop, on_dialled, server);
    if (server->dialler)
        dialler_tick(server->dialler);
    else
        wait_after(server, "", strerror(errno));
}

/* Which relay is the client. */

static void stand_by(struct text_server *server, uint64_t now_us)
{
    hang_up(server);
    server->state = STANDBY;
    server->until_us = now_us + SETTLE_US;
    if (!server->told)
        tell(server, "another relay is its client; standing by");
    server->told = true;
}

static void enter_candidate(struct text_server *server, struct node_time time)
{
    char name[URL_HOST_MAX + 8];

    snprintf(name, sizeof name, "%s %" PRIu16, server->url.host, server->url.port);
    server->candidate = node_candidate_enter(server->node, server->room, wire_room_tag(span_of(name)), time);
    server->state = server->candidate ? STANDBY : WAITING;
    server->until_us = time.now_us + SETTLE_US;
}

void text_server_tick(struct text_server *server)
{
    struct node_time time = system_time();

    if (server->candidate && !node_candidate_holds(server->node, server->candidate))
        stand_by(server, time.now_us);
    else if (server->state == WAITING && time.now_us >= server->until_us)
        enter_candidate(server, time);
    else if (server->state == STANDBY && time.now_us >= server->until_us)
        dial(server);
    else if (server->state == DIALLING)
        dialler_tick(server->dialler);
    if (server->state != CONNECTED)
        return;
    server->told = false;
    if (server->reading != node_may_say(server->node)) {
        server->reading = !server->reading;
        loop_read(server->loop, server->fd, server->reading);
    }
    tutorial_tick(server->tutorial, time.now_us);
    take_events(server);
}

uint64_t text_server_deadline(const struct text_server *server)
{
    switch (server->state) {
    case DIALLING:
        return dialler_deadline(server->dialler);
    case CONNECTED:
        return tutorial_deadline(server->tutorial);
    case STANDBY:
        return node_candidate_holds(server->node, server->candidate) ? server->until_us : LOOP_FOREVER;
    default:
        return server->until_us;
    }
}

/* Old words are not said there: whoever should have them had them in time, maybe by another relay. */
void text_server_event(struct text_server *server, const struct node_event *event)
{
    bool wanted =
        event->type == NODE_MESSAGE && event->room == server->room && !event->from_server && !event->replay;

    if (!wanted || server->state != CONNECTED)
        return;
    if (!tutorial_say(server->tutorial, span_of(event->nick), event->text, event->action))
        complain(server, "it is too slow", span_of(event->nick));
}

/* Few octets are under way at a time, so that the kernel takes them at once while the server is alive. */
void text_server_flush(struct text_server *server)
{
    struct span bytes;

    while (server->state == CONNECTED && tutorial_pull(server->tutorial, &bytes, system_time().now_us)) {
        ssize_t sent = send(server->fd, bytes.bytes, bytes.length, MSG_NOSIGNAL);
        if (sent != (ssize_t)bytes.length)
            lose(server, sent < 0 && errno != EAGAIN ? strerror(errno) : "it takes no more");
    }
}

struct text_server *text_server_open(const struct url *url, struct span nick, uint64_t room,
                                     struct loop *loop, struct node *node, lan_notice *notice, void *context)
{
    struct text_server *server = calloc(1, sizeof *server);

    if (!server)
        return NULL;
    server->url = *url;
    text_nick_make(nick, server->nick);
    server->room = room;
    server->loop = loop;
    server->node = node;
    server->notice = notice;
    server->context = context;
    server->state = WAITING;
    return server;
}

void text_server_close(struct text_server *server)
{
    if (!server)
        return;
    hang_up(server);
    take_candidate_back(server);
    free(server);
}
