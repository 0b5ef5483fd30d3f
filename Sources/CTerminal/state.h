// What the terminal's files share; see include/CTerminal.h for what each is for.
#ifndef CT_STATE_H
#define CT_STATE_H

#include <stddef.h>

// Restoring: prepared while all is well, used when it is not.
void ct_prepare_restore(int output, const char *bytes, size_t length);
void ct_keep_modes(int handle);  // before newterm, which changes them
void ct_mark_entered(int entered);

// Keys: told to ncurses once a terminal is open.
void ct_define_keys(void);

#endif
