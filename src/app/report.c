#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "write.h"

void report(const char *format, ...)
{
    char line[512] = "lanchat: ";
    const size_t prefix = sizeof "lanchat: " - 1;
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(line + prefix, sizeof line - prefix, format, arguments);
    va_end(arguments);
    size_t length = prefix + (size_t)(size < 0 ? 0 : size);
    if (length > sizeof line - 1)
        length = sizeof line - 1;
    line[length] = '\n'; /* over the end: there is no string any more */
    write_all(STDERR_FILENO, line, length + 1);
}
