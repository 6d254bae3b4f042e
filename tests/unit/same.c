#include "same.h"

#include <check.h>

#include "reference.h"

#define SAME(member)       ck_assert_uint_eq(is->member, want->member)
#define SAME_SPAN(member)  ck_assert(span_equal(is->member, want->member))
#define SAME_NONCE(member) ck_assert_mem_eq(is->member, want->member, WIRE_NONCE_SIZE)

static void same_rooms(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_room a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_room(&want_list, want)) {
        ck_assert(wire_next_room(&is_list, is));
        SAME(tag);
        SAME(vector_digest);
        SAME(roster_digest);
        SAME_SPAN(name);
    }
}

static void same_pairs(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_pair a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_pair(&want_list, want)) {
        ck_assert(wire_next_pair(&is_list, is));
        SAME(origin);
        SAME(highest);
        SAME(lost);
    }
}

static void same_exceptions(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_exception a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_exception(&want_list, want)) {
        ck_assert(wire_next_exception(&is_list, is));
        SAME(id);
        SAME(paths);
    }
}

static void same_entries(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_entry a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_entry(&want_list, want)) {
        ck_assert(wire_next_entry(&is_list, is));
        SAME(id);
        SAME(version);
        SAME(highest);
        SAME(state);
        SAME(role);
        SAME_SPAN(nick);
        SAME(server);
        SAME(server_up);
    }
}

static void same_asks(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_ask a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_ask(&want_list, want)) {
        ck_assert(wire_next_ask(&is_list, is));
        SAME(kind);
        SAME(key);
        SAME(from);
        SAME(count);
        SAME(id);
    }
}

static void same_vectors(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_vector a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_vector(&want_list, want)) {
        ck_assert(wire_next_vector(&is_list, is));
        SAME(origin);
        SAME(highest);
        SAME(stamp);
        SAME(lowest);
    }
}

static void same_known(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_known a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_known(&want_list, want)) {
        ck_assert(wire_next_known(&is_list, is));
        SAME(id);
    }
}

typedef void comparer(const struct wire_record *is, const struct wire_record *want);

static void same_message(const struct wire_record *is, const struct wire_record *want)
{
    SAME(message.origin);
    SAME(message.number);
    SAME(message.stamp);
    SAME(message.clock_ms);
    SAME(message.room);
    SAME_SPAN(message.nick);
    SAME_SPAN(message.text);
}

static void same_sealed_message(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_message.origin);
    SAME(sealed_message.number);
    SAME(sealed_message.stamp);
    SAME(sealed_message.room);
    SAME_NONCE(sealed_message.nonce);
    SAME_SPAN(sealed_message.sealed);
}

static void same_hello(const struct wire_record *is, const struct wire_record *want)
{
    SAME(hello.stamp);
    SAME(hello.version);
    SAME(hello.highest);
    SAME(hello.interval_ms);
    SAME(hello.nonce);
    SAME(hello.echo);
    SAME(hello.role);
    SAME(hello.hears);
    SAME_SPAN(hello.nick);
    same_rooms(is->hello.rooms, want->hello.rooms);
    same_pairs(is->hello.pairs, want->hello.pairs);
    same_exceptions(is->hello.exceptions, want->hello.exceptions);
}

static void same_roster(const struct wire_record *is, const struct wire_record *want)
{
    SAME(roster.room);
    SAME(roster.digest);
    SAME(roster.stamp);
    SAME(roster.first);
    SAME(roster.last);
    same_entries(is->roster.entries, want->roster.entries);
}

static void same_request(const struct wire_record *is, const struct wire_record *want)
{
    SAME(request.to);
    same_asks(is->request.asks, want->request.asks);
}

static void same_summary(const struct wire_record *is, const struct wire_record *want)
{
    SAME(summary.room);
    SAME(summary.digest);
    SAME(summary.stamp);
    SAME(summary.first);
    SAME(summary.last);
    same_vectors(is->summary.vectors, want->summary.vectors);
}

static void same_gone(const struct wire_record *is, const struct wire_record *want)
{
    SAME(gone.room);
    SAME(gone.origin);
    SAME(gone.first);
    SAME(gone.last);
}

static void same_bye(const struct wire_record *is, const struct wire_record *want)
{
    SAME(bye.room);
    SAME(bye.version);
    SAME(bye.highest);
}

static void same_prompt(const struct wire_record *is, const struct wire_record *want)
{
    SAME(prompt.room);
    SAME(prompt.first);
    SAME(prompt.last);
    SAME(prompt.origin);
    SAME(prompt.number);
    SAME(prompt.nonce);
    SAME(prompt.echo);
    same_known(is->prompt.known, want->prompt.known);
}

static void same_private(const struct wire_record *is, const struct wire_record *want)
{
    SAME(private.from);
    SAME(private.to);
    SAME(private.token);
    SAME(private.part);
    SAME(private.parts);
    SAME(private.clock_ms);
    SAME(private.room);
    SAME_SPAN(private.nick);
    SAME_SPAN(private.text);
}

static void same_acknowledgement(const struct wire_record *is, const struct wire_record *want)
{
    SAME(acknowledgement.from);
    SAME(acknowledgement.to);
    SAME(acknowledgement.token);
    SAME(acknowledgement.part);
}

static void same_probe(const struct wire_record *is, const struct wire_record *want)
{
    SAME(probe.from);
    SAME(probe.to);
    SAME(probe.token);
    SAME(probe.time_us);
    SAME(probe.nonce);
    SAME(probe.echo);
}

static void same_probe_answer(const struct wire_record *is, const struct wire_record *want)
{
    SAME(probe_answer.from);
    SAME(probe_answer.to);
    SAME(probe_answer.token);
    SAME(probe_answer.time_us);
    SAME(probe_answer.nonce);
    SAME(probe_answer.echo);
    SAME(probe_answer.path);
    SAME(probe_answer.hops);
}

static void same_sealed_presence(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_presence.sender);
    SAME(sealed_presence.room);
    SAME(sealed_presence.version);
    SAME(sealed_presence.stamp);
    SAME(sealed_presence.state);
    SAME_NONCE(sealed_presence.nonce);
    SAME_SPAN(sealed_presence.sealed);
}

static void same_sealed_private(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_private.from);
    SAME(sealed_private.to);
    SAME(sealed_private.token);
    SAME(sealed_private.part);
    SAME(sealed_private.parts);
    SAME(sealed_private.room);
    SAME_NONCE(sealed_private.nonce);
    SAME_SPAN(sealed_private.sealed);
}

static comparer *const comparers[TYPE_COUNT] = {
    [WIRE_MESSAGE] = same_message,
    [WIRE_SEALED_MESSAGE] = same_sealed_message,
    [WIRE_HELLO] = same_hello,
    [WIRE_ROSTER] = same_roster,
    [WIRE_REQUEST] = same_request,
    [WIRE_SUMMARY] = same_summary,
    [WIRE_GONE] = same_gone,
    [WIRE_BYE] = same_bye,
    [WIRE_PROMPT] = same_prompt,
    [WIRE_PRIVATE] = same_private,
    [WIRE_ACKNOWLEDGEMENT] = same_acknowledgement,
    [WIRE_PROBE] = same_probe,
    [WIRE_PROBE_ANSWER] = same_probe_answer,
    [WIRE_SEALED_PRESENCE] = same_sealed_presence,
    [WIRE_SEALED_PRIVATE] = same_sealed_private,
};

void same_record(const struct wire_record *is, const struct wire_record *want)
{
    SAME(type);
    SAME(flags);
    comparers[want->type](is, want);
}

void same_header(const struct wire_header *is, const struct wire_header *want)
{
    SAME(version);
    SAME(flags);
    SAME(hops);
    SAME(sender);
    SAME(counter);
    SAME(path);
}
