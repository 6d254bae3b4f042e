/* A command at work: a node, its links (the LAN, a hub, those who connect), perhaps standard input, and the
 * loop that turns them. A command fills in what it wants to be told and calls session_run. */
#ifndef LANCHAT_SESSION_H
#define LANCHAT_SESSION_H

#include "commands.h"
#include "lanchat/links.h"
#include "lanchat/text_server.h"
#include "lanchat/uplink.h"
#include "lines.h"
#include "output.h"

struct session {
    const struct options *options;
    enum wire_role role;
    char nick[TEXT_NICK_MAX + 1], room[TEXT_ROOM_MAX + 1]; /* a person may change them */
    struct output output;
    struct loop *loop;
    struct node *node;
    struct links *links;
    struct lan *lan; /* this and those below: NULL when the command has none */
    struct uplink *uplink;
    struct text_server *text_server;
    struct server *server;
    uint64_t give_up_us; /* when timed_out is called; LOOP_FOREVER: never */
    uint64_t wake_us;    /* when a turn is wanted at the latest; LOOP_FOREVER: it is not */
    bool done;
    int status;
    int signal;       /* that ended it, or 0 */
    unsigned printed; /* messages */

    bool reading, at_end; /* standard input: is watched, has ended */
    uint32_t last_said;   /* number of the last record that was said; 0: nothing was */
    struct lines lines;

    /* What the command is told; each may be NULL. */
    void (*notice)(struct session *session, const char *line); /* of a link; else it goes to standard error */
    void (*noted)(struct session *session, unsigned what); /* signals that do not end it: see system_noted */
    void (*turned)(struct session *session); /* after all events of a turn, before output goes out */
    void (*event)(struct session *session, const struct node_event *event);
    void (*said)(struct session *session, struct span text); /* that was read from standard input */
    void (*input_ended)(struct session *session);
    void (*timed_out)(struct session *session); /* NULL: it ends */
};

/* Opens everything. False, with session->status set, after one line on standard error. */
bool session_open(struct session *session, const struct options *options, enum wire_role role);

/* Says each line of standard input from now on, then calls input_ended. */
void session_read_input(struct session *session);

/* Leaves the room for another: bye, and as a new node there. An id belongs to one room. May be called
 * from the loop, which turns meanwhile. False, and the session ends, after one line to `notice`. */
bool session_join(struct session *session, struct span room);

/* Says a text, of which an over-long rest follows as messages of their own. */
void session_say(struct session *session, struct span text);

/* Waits until those who are here have what was said last, of which NODE_CENSUS tells; 5 s at most. Before
 * NODE_READY nobody can have it: then it is to be called again. If nothing was said it ends. */
void session_finish(struct session *session);

/* Calls timed_out after so long. */
void session_give_up_after(struct session *session, uint64_t microseconds);

/* Ends session_run after this turn. */
void session_end(struct session *session, int status);

/* Turns until it is ended, says bye and closes everything. Returns the exit status. */
int session_run(struct session *session);

#endif
