#include "terminal.h"

#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Who crashed left the cursor at the beginning of what was typed. */
static const char paste_on[] = "\033[?2004h", all_off[] = "\r\033[J\033[?2004l" SCREEN_RESTORE;

static struct termios before; /* a signal's handler has no context */
static volatile sig_atomic_t taken;

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

bool terminal_is_there(void)
{
    const char *term = setting("TERM");

    return *term && strcmp(term, "dumb") != 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void put(const char *sequence)
{
    if (write(STDOUT_FILENO, sequence, strlen(sequence)) < 0)
        return; /* whoever took the terminal away needs nothing of it */
}

bool terminal_take(void)
{
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    struct termios raw = before;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
        return false;
    taken = 1;
    put(paste_on);
    return true;
}

void terminal_give_back(void)
{
    if (!taken)
        return;
    taken = 0;
    put(all_off);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

void terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize size;

    *columns = 80;
    *rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return;
    *columns = size.ws_col;
    *rows = size.ws_row;
}

bool terminal_is_utf8(void)
{
    const char *charset = nl_langinfo(CODESET);

    return strcasecmp(charset, "UTF-8") == 0 || strcasecmp(charset, "UTF8") == 0;
}

enum view_color terminal_color(void)
{
    if (*setting("NO_COLOR"))
        return VIEW_COLOR_NONE;
    return strstr(setting("TERM"), "256") || *setting("COLORTERM") ? VIEW_COLOR_256 : VIEW_COLOR_16;
}
