// What the terminal's files share; see include/CTerminal.h for what each is for.
#ifndef CT_STATE_H
#define CT_STATE_H

#include <stddef.h>
#include <stdio.h>

// Restoring: prepared while all is well, used when it is not.
void ct_prepare_restore(const char *bytes, size_t length);
void ct_mark_entered(int entered);
// Whether a signal has come that ends the program.
int ct_must_end(void);

// The line's modes: kept before they are changed, as a screen needs them, as they were.
void ct_keep_modes(int input, int output);
void ct_set_modes(void);
void ct_reset_modes(void);

// Output. A file in memory, for ncurses to write to.
FILE *ct_memory_file(void);
int ct_open_output(int handle);
void ct_close_output(void);
// Writes bytes for as long as it takes, or until the program shall end.
void ct_write(const char *bytes, size_t length);
// Whether the terminal took nothing more when the program was told to end.
int ct_is_stalled(void);
// Writes what ncurses has made; in one go it is shown whole, where the terminal can wait for its end.
void ct_write_made(FILE *made, int in_one_go);
// Writes what ncurses has made with fewer bytes; what is on the screen then is the same.
void ct_write_economically(const char *bytes, size_t length);
// Forgets which colours are set: bytes have gone out beside those.
void ct_forget_look(void);
// Writes bytes, but does not wait long: safe in signal handlers.
void ct_write_last(const char *bytes, size_t length);
// Writes bytes while the handle takes some within `patience` milliseconds, or while `must_give_up`
// says no. Returns whether all are written; what blocks is given little at a time.
int ct_write_most(int handle, int blocks, const char *bytes, size_t length, int patience,
                  int (*must_give_up)(void));

#endif
