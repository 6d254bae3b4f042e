#include "lanchat/describe.h"

#include <stdlib.h>

#include "idmap.h"

struct known_id {
    uint64_t id; /* 0: the place is free */
    uint64_t room;
    uint8_t role;
    bool here;
    uint8_t length;
    char nick[TEXT_NICK_MAX];
};

struct known_room {
    uint64_t tag;
    uint8_t length; /* 0: the place is free */
    char name[TEXT_ROOM_MAX];
};

/* Rings: the next to come takes the place of the oldest. */
struct known {
    struct idmap by_id;
    size_t next_id, next_room;
    struct known_id ids[KNOWN_IDS_MAX];
    struct known_room rooms[KNOWN_ROOMS_MAX];
};

struct known *known_new(void)
{
    return calloc(1, sizeof(struct known));
}

void known_free(struct known *known)
{
    if (known)
        idmap_free(&known->by_id);
    free(known);
}

/* NULL when there is no memory, and for 0, which is nobody. */
static struct known_id *enter(struct known *known, uint64_t id)
{
    struct known_id *is = idmap_get(&known->by_id, id);

    if (is || id == 0)
        return is;
    is = &known->ids[known->next_id];
    idmap_remove(&known->by_id, is->id);
    *is = (struct known_id){.id = id};
    if (!idmap_put(&known->by_id, id, is)) {
        is->id = 0;
        return NULL;
    }
    known->next_id = (known->next_id + 1) % KNOWN_IDS_MAX;
    return is;
}

static void learn_nick(struct known *known, uint64_t id, struct span nick)
{
    struct known_id *is = enter(known, id);

    if (!is || nick.length == 0)
        return;
    memcpy(is->nick, nick.bytes, nick.length);
    is->length = (uint8_t)nick.length;
}

static const struct known_room *find_room(const struct known *known, uint64_t tag)
{
    for (size_t i = 0; i < KNOWN_ROOMS_MAX; i++)
        if (known->rooms[i].length > 0 && known->rooms[i].tag == tag)
            return &known->rooms[i];
    return NULL;
}

/* Anybody may send any name beside any tag. */
static void learn_room(struct known *known, const struct wire_room *room)
{
    if (room->name.length == 0 || wire_room_tag(room->name) != room->tag || find_room(known, room->tag))
        return;
    struct known_room *is = &known->rooms[known->next_room];
    is->tag = room->tag;
    is->length = (uint8_t)room->name.length;
    memcpy(is->name, room->name.bytes, room->name.length);
    known->next_room = (known->next_room + 1) % KNOWN_ROOMS_MAX;
}

static bool is_forwarder(uint8_t role)
{
    return role == WIRE_RELAY || role == WIRE_HUB;
}

static void learn_hello(struct known *known, uint64_t sender, const struct wire_hello *hello)
{
    struct wire_list rooms = hello->rooms;
    struct wire_room room = {0};
    struct known_id *is = enter(known, sender);

    if (is) {
        is->role = hello->role;
        is->here = true;
        if (!is_forwarder(hello->role) && wire_next_room(&rooms, &room))
            is->room = room.tag;
        learn_nick(known, sender, hello->nick);
    }
    rooms = hello->rooms;
    while (wire_next_room(&rooms, &room))
        learn_room(known, &room);
}

static void learn_roster(struct known *known, const struct wire_roster *roster)
{
    struct wire_list entries = roster->entries;
    struct wire_entry entry;

    while (wire_next_entry(&entries, &entry)) {
        struct known_id *is = enter(known, entry.id);
        if (!is)
            continue;
        is->role = entry.role;
        is->here = entry.state == WIRE_HERE;
        is->room = roster->room;
        learn_nick(known, entry.id, entry.nick);
    }
}

void known_learn(struct known *known, uint64_t sender, const struct wire_record *record)
{
    struct known_id *is;

    switch (record->type) {
    case WIRE_MESSAGE:
        learn_nick(known, record->message.origin, record->message.nick);
        break;
    case WIRE_PRIVATE:
        learn_nick(known, record->private.from, record->private.nick);
        break;
    case WIRE_HELLO:
        learn_hello(known, sender, &record->hello);
        break;
    case WIRE_ROSTER:
        learn_roster(known, &record->roster);
        break;
    case WIRE_BYE:
        is = idmap_get(&known->by_id, sender);
        if (is)
            is->here = false;
        break;
    default:
        break;
    }
}

struct span known_nick(const struct known *known, uint64_t id)
{
    const struct known_id *is = idmap_get(&known->by_id, id);

    return is ? (struct span){is->nick, is->length} : span_of("");
}

struct span known_room(const struct known *known, uint64_t tag)
{
    const struct known_room *room = find_room(known, tag);

    return room ? (struct span){room->name, room->length} : span_of("");
}

unsigned known_people(const struct known *known, uint64_t id)
{
    const struct known_id *where = idmap_get(&known->by_id, id);
    unsigned count = 0;

    if (!where)
        return 0;
    bool everywhere = is_forwarder(where->role);
    for (size_t i = 0; i < KNOWN_IDS_MAX; i++) {
        const struct known_id *is = &known->ids[i];
        bool person = is->role == WIRE_PERSON || is->role == WIRE_TEXT;
        count += is->here && person && (everywhere || is->room == where->room);
    }
    return count;
}
