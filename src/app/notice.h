/* The words of notices: what happened in the room, as a line for people. Plain text and the terminal's view
 * say it alike. Nicknames in it are as they came: the line still has to pass text_show. */
#ifndef LANCHAT_NOTICE_H
#define LANCHAT_NOTICE_H

#include "lanchat/node.h"

#define NOTICE_MAX 512

/* Writes what a notice says of an event: a terminated line without "* ", empty when there is nothing to say
 * (messages are no notices). The node and the name of its room are for NODE_READY, which tells who is here.
 */
void notice_event(char line[NOTICE_MAX], const struct node *node, const char *room,
                  const struct node_event *event);

/* What it says of several people at once to whom the same happened, NODE_JOIN or NODE_LEAVE: `who` are names
 * or a number of people. */
void notice_people(char line[NOTICE_MAX], const struct node_event *like, const char *who, unsigned count);

#endif
