/* What was typed, kept between runs in $XDG_STATE_HOME/lanchat/history (XDG Base Directory Specification). */
#ifndef LANCHAT_RECALL_FILE_H
#define LANCHAT_RECALL_FILE_H

#include "recall.h"

/* Reads the file into `recall`, and returns a descriptor to append to; -1 when there is no such place: then
 * nothing is kept, which is no error. A file that has grown far beyond what is recalled is written anew. */
int recall_file_open(struct recall *recall);

/* Appends a line; a full disk loses it. -1 is allowed. */
void recall_file_append(int file, struct span line);
void recall_file_close(int file);

#endif
