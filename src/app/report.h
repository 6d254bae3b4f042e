/* Errors and notices: one line each, on standard error. */
#ifndef LANCHAT_REPORT_H
#define LANCHAT_REPORT_H

/* Writes "lanchat: " and the line. */
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);

#endif
