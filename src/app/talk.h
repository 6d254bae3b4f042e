/* The chat of a person in front of a terminal: what is said scrolls up, what is typed stands at the bottom.
 */
#ifndef LANCHAT_TALK_H
#define LANCHAT_TALK_H

#include "editor.h"
#include "ignore.h"
#include "log.h"
#include "session.h"
#include "view.h"

struct talk {
    struct session session; /* the first: who has a session of a talk has the talk */
    struct screen *screen;
    struct view *view;
    struct keys keys;
    struct editor editor;
    struct recall recall;
    struct log log;
    struct ignore ignore;
    int recall_file;       /* where lines are appended; -1: nowhere */
    uint64_t pause_at_us;  /* when what a key began is the key; LOOP_FOREVER: nothing was begun */
    struct node_peer peer; /* whose nickname Tab was given last */
    size_t peers_seen;     /* for that */
    bool ending;           /* what was said last is waited for */
};

/* Says a text, and shows it. */
void talk_say(struct talk *talk, struct span text, bool action);

/* Leaves the room for another, as session_join does. */
void talk_join(struct talk *talk, struct span room);

/* Ends it, once those who are here have what was said; at once, when that was asked for already. */
void talk_end(struct talk *talk);

/* Chats until it is ended. Returns the exit status. */
int talk_run(const struct options *options);

#endif
