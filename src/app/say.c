/* lanchat say: says something, waits until everybody present has it, and ends. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanchat/system.h"
#include "report.h"
#include "session.h"

#define WAIT_US UINT64_C(5000000)

/* Who a node is, for a line on standard error: a nickname, else role and address. */
static void describe(const struct node_peer *peer, char *out, size_t size)
{
    char address[LAN_ADDRESS_MAX];

    lan_address_text(&peer->address, address);
    if (peer->nick[0])
        snprintf(out, size, "%s", peer->nick);
    else if (address[0])
        snprintf(out, size, "%s %s", wire_role_name(peer->role), address);
    else
        snprintf(out, size, "%s %016" PRIx64, wire_role_name(peer->role), peer->id);
}

/* Names those who lack it, or those who answered nothing. */
static void name_those(const struct session *session, bool silent, const char *what)
{
    struct node_peer peer;
    char who[LAN_ADDRESS_MAX + 16];

    for (size_t i = 0; node_peer(session->node, i, &peer); i++) {
        if (!peer.waited || peer.has || peer.silent != silent)
            continue;
        describe(&peer, who, sizeof who);
        report("%s: %s", who, what);
    }
}

static void judge(struct session *session, bool in_time)
{
    struct node_census result = node_census_result(session->node);
    bool enough = in_time && result.have > 0;

    if (result.have + result.lack + result.silent == 0)
        report("say: nobody is in room %s (lanchat rooms lists the rooms in use)", session->options->room);
    if (!in_time || !session->options->counted) { /* else those who have it are enough */
        name_those(session, false, "does not have it");
        name_those(session, true, in_time ? "answers nothing; not waited for" : "answers nothing");
    }
    if (!in_time && session->options->counted)
        report("say: %u of %u have it", result.have, session->options->count);
    session_end(session, enough ? session->status : STATUS_FAILED);
}

static void on_timeout(struct session *session)
{
    judge(session, false);
}

static void on_input_ended(struct session *session)
{
    const struct options *options = session->options;

    if (session->last_said == 0 || (options->counted && options->count == 0)) {
        session_end(session, session->status);
        return;
    }
    session_give_up_after(session, options->waiting ? options->wait_us : WAIT_US);
    node_census(session->node, session->last_said, options->counted ? options->count : 0, false,
                system_time());
}

/* The operands, joined by spaces. */
static bool say_operands(struct session *session)
{
    size_t size = 1;
    char **words = session->options->operands;
    int count = session->options->operand_count;

    for (int i = 0; i < count; i++)
        size += strlen(words[i]) + 1;
    char *joined = malloc(size), *text = malloc(3 * size);
    if (joined && text) {
        size_t length = 0;
        for (int i = 0; i < count; i++)
            length += (size_t)snprintf(joined + length, size - length, "%s%s", i > 0 ? " " : "", words[i]);
        length = text_repair((struct span){joined, length}, text, 3 * size);
        if (length > 0)
            session_say(session, (struct span){text, length});
    }
    bool good = joined && text;
    free(joined);
    free(text);
    return good;
}

/* What is said before we have joined would have no place among what others said. */
static void begin(struct session *session)
{
    if (session->options->operand_count == 0) {
        session_read_input(session);
    } else if (say_operands(session)) {
        on_input_ended(session);
    } else {
        report("say: not enough memory");
        session_end(session, STATUS_FAILED);
    }
}

static void on_event(struct session *session, const struct node_event *event)
{
    if (event->type == NODE_READY) {
        session->give_up_us = LOOP_FOREVER;
        begin(session);
    } else if (event->type == NODE_CENSUS)
        judge(session, true);
}

int command_say(const struct options *options)
{
    struct session session;

    if (!session_open(&session, options, WIRE_TOOL))
        return session.status;
    session.event = on_event;
    session.input_ended = on_input_ended;
    session.timed_out = on_timeout;
    if (options->off_lan) /* a hub must be reached in that time */
        session_give_up_after(&session, options->waiting ? options->wait_us : WAIT_US);
    int status = session_run(&session);
    if (session.signal)
        system_die(session.signal);
    return status;
}
