/* What the core is given instead of fetching it: the clocks and randomness. And signals as something to read.
 */
#ifndef LANCHAT_SYSTEM_H
#define LANCHAT_SYSTEM_H

#include <sys/types.h>

#include "lanchat/node.h"

/* Opens /dev/null for each of the three standard descriptors that is closed, so that no socket takes its
 * place. */
void system_standard_files(void);

/* Lets the program have as many descriptors as it may (setrlimit(2)): for thousands of connections. */
void system_many_files(void);

/* Both clocks, now. */
struct node_time system_time(void);

/* Fills from the system's generator (getentropy, else /dev/urandom); ends the program when there is none. */
void system_random(void *context, void *bytes, size_t length);

/* Whether this is root; becomes another user, with that user's groups, for good. False, with errno set (0:
 * there is no such user), on failure. */
bool system_is_root(void);
bool system_become(const char *user);

/* From here on SIGINT, SIGTERM and SIGHUP are noted and make the returned descriptor readable (a self-pipe),
 * and SIGPIPE and SIGXFSZ are ignored. -1, with errno set, on failure. */
int system_signals(void);

/* The signal that came first, or 0. */
int system_signal(void);

/* For a program that has changed the terminal: SIGWINCH, SIGTSTP and SIGCONT are noted like those above, and
 * a signal that ends it on the spot (a crash, SIGQUIT, SIGUSR1) calls give_back first, which does only what
 * is safe then. False, with errno set, on failure. */
bool system_terminal_signals(void (*give_back)(void));

/* What was noted since the last call. The descriptor is readable again when more is. */
enum system_noted {
    SYSTEM_END = 1,       /* see system_signal */
    SYSTEM_RESIZED = 2,   /* SIGWINCH */
    SYSTEM_STOP = 4,      /* SIGTSTP: system_stop is to be called */
    SYSTEM_CONTINUED = 8, /* SIGCONT */
};
unsigned system_noted(void);

/* Stops the job that the program is in, as SIGTSTP does; returns when it is continued. */
void system_stop(void);

/* fork(2), in whose child signals do again what they do by default: they are not the program's. */
pid_t system_fork(void);

/* Ends the program as that signal does. */
_Noreturn void system_die(int signal);

#endif
