#include "contact.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanchat/system.h"
#include "lookup.h"

#define ANSWERED_MAX 32
#define LOOKUP_US    (LOOKUP_SECONDS * UINT64_C(1000000))
#define FAILED_US    UINT64_C(10000000) /* between attempts at a name that has no address */
#define SILENT_US    UINT64_C(30000000) /* then it is looked up again, or heard no more on the LAN */
#define SEEK_US      UINT64_C(900000)   /* between two ports; the node says hello once a second */
#define BURST        8                  /* datagrams that go to all ports, at most */
#define BURST_US     UINT64_C(1000000)
#define NOBODY_US    UINT64_C(20000000) /* each port had its turn */
#define HELLO_US     UINT64_C(60000000) /* an interval is believed so long: then he is gone */
#define NOTHING_SENT (-1)

/* One of the lanchats at a host. */
struct answered {
    union address address;
    uint64_t heard_us;
};

struct contact {
    struct contact *next;
    struct lan *lan;
    const struct url *url; /* the options' */
    int link;
    bool up, looking;
    struct lookup lookup;
    struct addresses addresses;
    uint64_t look_us; /* when it is looked up (looking: when that is given up) */
    struct answered answered[ANSWERED_MAX];
    size_t answered_count;
    unsigned burst;    /* so many datagrams go to all ports at once */
    unsigned turn;     /* port that is tried next, counted from the first */
    uint64_t seek_us;  /* when that is */
    uint64_t near_us;  /* when it was heard by a segment last; 0: never */
    uint64_t begun_us; /* when these addresses were first tried; 0: they were not */
    bool told_lookup, told_silent;
    int error; /* of what is being sent: NOTHING_SENT yet, 0 once something went out, or an errno */
    struct fault fault;
};

static in_port_t port_of(const union address *address)
{
    return address->any.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port;
}

static bool has(const struct addresses *addresses, const union address *host)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (socket_same_host(&addresses->list[i], host))
            return true;
    return false;
}

/* Whose port was named is he who sends from it. */
static bool is_at(const struct contact *contact, const union address *from)
{
    return has(&contact->addresses, from) &&
           (!contact->url->has_port || port_of(from) == htons(contact->url->port));
}

/* Sending. */

/* Of several addresses one that can be sent to will do. */
static void send_to(struct contact *contact, const union address *to, const struct node_datagram *datagram)
{
    int fd = to->any.sa_family == AF_INET ? contact->lan->own4 : contact->lan->own6;
    int error = fd >= 0 ? socket_send(fd, to, 0, datagram->bytes, datagram->length) : EAFNOSUPPORT;

    if (contact->error != 0)
        contact->error = error;
}

static struct answered *find_answered(struct contact *contact, const union address *at)
{
    for (size_t i = 0; i < contact->answered_count; i++) {
        struct answered *answered = &contact->answered[i];
        if (socket_same_host(&answered->address, at) && port_of(&answered->address) == port_of(at))
            return answered;
    }
    return NULL;
}

static void send_answered(struct contact *contact, const struct node_datagram *datagram, uint64_t now_us)
{
    size_t kept = 0;

    for (size_t i = 0; i < contact->answered_count; i++) {
        struct answered answered = contact->answered[i];
        if (now_us >= answered.heard_us + HELLO_US)
            continue;
        contact->answered[kept++] = answered;
        send_to(contact, &answered.address, datagram);
    }
    contact->answered_count = kept;
}

static void try_port(struct contact *contact, unsigned port, const struct node_datagram *datagram)
{
    for (size_t i = 0; i < contact->addresses.count; i++) {
        union address to = contact->addresses.list[i];
        if (to.any.sa_family == AF_INET)
            to.in.sin_port = htons((uint16_t)port);
        else
            to.in6.sin6_port = htons((uint16_t)port);
        if (!find_answered(contact, &to))
            send_to(contact, &to, datagram);
    }
}

static void ports(const struct contact *contact, unsigned *first, unsigned *last)
{
    const struct url *url = contact->url;

    *last = url->has_port ? url->port : lan_last_port(contact->lan);
    *first = url->has_port || contact->lan->options.port >= *last ? *last : contact->lan->options.port + 1u;
}

/* Who has not answered is sent one datagram a second: at the port that was named, else at each in turn. The
 * first go to all of them at once, because who comes asks at once, and who says one thing and ends waits for
 * a second only. */
static void seek(struct contact *contact, const struct node_datagram *datagram, uint64_t now_us)
{
    unsigned first, last;

    ports(contact, &first, &last);
    if (contact->begun_us == 0)
        contact->begun_us = now_us;
    if (contact->burst > 0 && now_us < contact->begun_us + BURST_US) {
        contact->burst--;
        for (unsigned port = first; port <= last; port++)
            try_port(contact, port, datagram);
        return;
    }
    if (now_us < contact->seek_us)
        return;
    contact->seek_us = now_us + SEEK_US;
    try_port(contact, first + contact->turn++ % (last - first + 1), datagram);
}

static void contact_send(void *context, const struct node_datagram *datagram)
{
    struct contact *contact = context;
    uint64_t now_us = system_time().now_us;
    union address to;

    contact->error = NOTHING_SENT;
    if (datagram->to.length > 0) {
        socket_from_node(&datagram->to, &to);
        send_to(contact, &to, datagram);
    } else {
        send_answered(contact, datagram, now_us);
        seek(contact, datagram, now_us);
    }
    if (contact->error != NOTHING_SENT)
        lan_sent(contact->lan, &contact->fault, contact->error, contact->url->host, NULL);
}

/* Receiving. */

static void put_down(struct contact *contact, struct node_time time)
{
    if (contact->up)
        node_path_down(contact->lan->node, contact->link, WIRE_PATH_UNICAST, time);
    contact->up = false;
    contact->answered_count = 0;
}

/* Who is heard by another way needs no link of his own. */
static void put_near(struct contact *contact, const struct contact *but, const union address *from,
                     struct node_time time)
{
    for (; contact; contact = contact->next) {
        if (contact == but || !is_at(contact, from))
            continue;
        contact->near_us = time.now_us;
        put_down(contact, time);
    }
}

void contacts_near(struct lan *lan, const union address *from, struct node_time time)
{
    put_near(lan->contacts, NULL, from, time);
}

static void note_answer(struct contact *contact, const union address *from, struct node_time time)
{
    char name[LAN_ADDRESS_MAX];
    struct node_address address;
    struct answered *answered = find_answered(contact, from);

    if (!answered && contact->answered_count < ANSWERED_MAX) {
        answered = &contact->answered[contact->answered_count++];
        answered->address = *from;
    }
    if (answered)
        answered->heard_us = time.now_us;
    if (contact->told_silent) {
        socket_to_node(from, &address);
        lan_address_text(&address, name);
        lan_tell(contact->lan, "%s: answers (%s)", contact->url->host, name);
    }
    contact->told_silent = false;
}

/* A host may have been named twice, as a name and an address, or with a port and without: the last will do,
 * which speaks to all there. */
int contacts_heard(struct lan *lan, const union address *from, struct node_time time)
{
    struct contact *best = NULL;

    for (struct contact *contact = lan->contacts; contact; contact = contact->next)
        if (contact->up && is_at(contact, from) && (!best || !contact->url->has_port))
            best = contact;
    if (!best)
        return -1;
    put_near(lan->contacts, best, from, time);
    note_answer(best, from, time);
    return best->link;
}

/* Looking up. */

static bool is_near(const struct contact *contact, uint64_t now_us)
{
    return contact->near_us != 0 && now_us < contact->near_us + SILENT_US;
}

static void put_up(struct contact *contact, struct node_time time)
{
    if (contact->up || contact->addresses.count == 0 || is_near(contact, time.now_us))
        return;
    contact->up = true;
    contact->burst = BURST;
    contact->seek_us = contact->begun_us = 0;
    node_path_up(contact->lan->node, contact->link, WIRE_PATH_UNICAST, time);
}

/* Name servers turn the order. */
static bool same_addresses(const struct addresses *a, const struct addresses *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!has(b, &a->list[i]))
            return false;
    return a->count == b->count;
}

/* Only a host can answer: what is sent to a group would go to all, once a second. */
static void keep_hosts(const struct lan *lan, struct addresses *addresses)
{
    size_t kept = 0;

    for (size_t i = 0; i < addresses->count; i++)
        if (segment_is_host(lan, &addresses->list[i]))
            addresses->list[kept++] = addresses->list[i];
    addresses->count = kept;
}

static const char *why_none(const struct addresses *addresses)
{
    return addresses->error == 0 ? "not the address of a host" : lookup_error(addresses);
}

/* A name server that does not answer takes nothing away. */
static void take_addresses(struct contact *contact, struct addresses *addresses)
{
    struct node_time time = system_time();

    keep_hosts(contact->lan, addresses);
    contact->looking = false;
    contact->look_us = time.now_us + (addresses->count > 0 ? SILENT_US : FAILED_US);
    if (addresses->count == 0) {
        if (!contact->told_lookup)
            lan_tell(contact->lan, "%s: %s; trying again", contact->url->host, why_none(addresses));
        contact->told_lookup = true;
        return;
    }
    contact->told_lookup = false;
    if (!same_addresses(addresses, &contact->addresses)) {
        put_down(contact, time);
        contact->addresses = *addresses;
    }
    put_up(contact, time);
}

static void on_looked_up(void *context)
{
    struct contact *contact = context;
    struct addresses addresses;

    loop_remove(contact->lan->loop, contact->lookup.fd);
    lookup_finish(&contact->lookup, &addresses);
    take_addresses(contact, &addresses);
}

static void cancel(struct contact *contact)
{
    if (!contact->looking)
        return;
    loop_remove(contact->lan->loop, contact->lookup.fd);
    lookup_cancel(&contact->lookup);
    contact->looking = false;
}

static void look_up(struct contact *contact)
{
    struct addresses addresses = {0};
    uint64_t now_us = system_time().now_us;

    contact->look_us = now_us + FAILED_US;
    if (lookup_numeric(contact->url->host, 0, &addresses)) {
        take_addresses(contact, &addresses);
        return;
    }
    if (!lookup_start(&contact->lookup, contact->url->host, 0))
        return;
    if (!loop_add(contact->lan->loop, contact->lookup.fd, on_looked_up, contact)) {
        lookup_cancel(&contact->lookup);
        return;
    }
    contact->looking = true;
    contact->look_us = now_us + LOOKUP_US;
}

/* Nobody answered since it was first tried, for so long that each port had its turn. */
static void note_silence(struct contact *contact, uint64_t now_us)
{
    unsigned first, last;
    char to[16] = "";

    if (contact->told_silent || contact->fault.told != 0 || contact->begun_us == 0 ||
        contact->answered_count > 0 || now_us < contact->begun_us + NOBODY_US)
        return;
    contact->told_silent = true;
    ports(contact, &first, &last);
    if (first < last)
        snprintf(to, sizeof to, " to %u", last);
    lan_tell(contact->lan, "%s: nobody answers (is lanchat running there, and UDP %u%s let in?)",
             contact->url->host, first, to);
}

/* When it was heard last, by whatever way. */
static uint64_t heard_us(const struct contact *contact)
{
    uint64_t heard = node_link_heard(contact->lan->node, contact->link);

    return heard > contact->near_us ? heard : contact->near_us;
}

/* It is looked up again when nobody was heard for a while. */
static uint64_t due_us(const struct contact *contact)
{
    uint64_t heard = heard_us(contact), due = contact->look_us;

    if (!contact->looking && heard != 0 && due < heard + SILENT_US)
        due = heard + SILENT_US;
    return due;
}

static void tick(struct contact *contact)
{
    struct node_time time = system_time();

    if (due_us(contact) > time.now_us)
        return;
    put_up(contact, time);
    note_silence(contact, time.now_us);
    if (contact->looking) {
        struct addresses none = {.error = EAI_AGAIN};
        cancel(contact);
        take_addresses(contact, &none);
    } else {
        look_up(contact);
    }
}

void contacts_tick(struct lan *lan)
{
    for (struct contact *contact = lan->contacts; contact; contact = contact->next)
        tick(contact);
}

uint64_t contacts_deadline(const struct lan *lan)
{
    uint64_t least = LOOP_FOREVER;

    for (const struct contact *contact = lan->contacts; contact; contact = contact->next)
        if (due_us(contact) < least)
            least = due_us(contact);
    return least;
}

static const struct contact *contact_of_link(const struct lan *lan, int link)
{
    const struct contact *contact = lan->contacts;

    while (contact && contact->link != link)
        contact = contact->next;
    return contact;
}

const char *contacts_link_name(const struct lan *lan, int link)
{
    const struct contact *contact = contact_of_link(lan, link);

    return contact ? contact->url->host : NULL;
}

bool contacts_address(const struct lan *lan, int link, union address *address)
{
    const struct contact *contact = contact_of_link(lan, link);

    if (!contact || contact->addresses.count == 0)
        return false;
    *address = contact->answered_count > 0 ? contact->answered[0].address : contact->addresses.list[0];
    return true;
}

/* Opening. */

bool contacts_open(struct lan *lan)
{
    for (size_t i = 0; i < lan->options.peer_count; i++) {
        struct contact *contact = calloc(1, sizeof *contact);
        int link = contact ? links_add(lan->links, NODE_SEGMENT, contact_send, contact) : -1;
        if (link < 0) {
            free(contact);
            return false;
        }
        *contact =
            (struct contact){.next = lan->contacts, .lan = lan, .url = &lan->options.peers[i], .link = link};
        lan->contacts = contact;
    }
    return true;
}

void contacts_close(struct lan *lan)
{
    struct contact *next;

    for (struct contact *contact = lan->contacts; contact; contact = next) {
        next = contact->next;
        cancel(contact);
        links_remove(lan->links, contact->link);
        free(contact);
    }
    lan->contacts = NULL;
}
