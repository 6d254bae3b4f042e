/* The incremental search through what was typed before: each character that is added moves to the next line
 * that holds all of them. */
#ifndef LANCHAT_SEARCH_H
#define LANCHAT_SEARCH_H

#include "recall.h"

#define SEARCH_MAX 256 /* bytes of what is sought */

struct search {
    struct recall *recall;
    bool forward, failed;
    size_t age, at; /* the line, and where in it what is sought stands (or where the search began) */
    size_t length, last_length;
    char sought[SEARCH_MAX], last[SEARCH_MAX]; /* now, and in the search before */
};

void search_init(struct search *search, struct recall *recall);

/* Begins at a place of a line; nothing is sought yet. */
void search_begin(struct search *search, bool forward, size_t age, size_t at);

/* Adds to what is sought; false if it has no room for that. Takes its last character off; false if there is
 * none. */
bool search_add(struct search *search, struct span text);
bool search_shorten(struct search *search);

/* Looks for the next that matches, in this direction; seeks what was sought in the search before if nothing
 * is sought yet. */
void search_next(struct search *search, bool forward);

/* Keeps what was sought for the next search. */
void search_end(struct search *search);

#endif
