// A terminal as plain C: ncurses behind functions that take and give numbers and bytes.
// One terminal is open at a time, used by one thread; only ct_restore_now may be called anywhere.
#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stddef.h>
#include <stdint.h>

// Why a terminal could not be opened.
enum ct_status {
  CT_OK = 0,
  CT_UNKNOWN_TYPE,      // no terminfo entry of that name
  CT_NO_TERMINFO,       // no terminfo at all
  CT_CANNOT_ADDRESS,    // the terminal cannot place its cursor or clear its screen
  CT_BAD_HANDLE,        // a file handle could not be used; errno says why
  CT_REFUSED,           // ncurses gave no reason
};

// Which colours to ask of the terminal.
enum ct_colours {
  CT_COLOURS_OF_TERMINFO = 0,
  CT_COLOURS_DIRECT,    // 24 bits where the kind of terminal is known to take them so
  CT_COLOURS_NONE,
};

// What a terminal takes as another does, such as 24-bit colours.
enum ct_family {
  CT_FAMILY_OTHER = 0,
  CT_FAMILY_XTERM,
  CT_FAMILY_TMUX,       // tmux and screen
};

enum {
  CT_BOLD = 1,
  CT_DIM = 2,
  CT_UNDERLINE = 4,
  CT_REVERSE = 8,
};

// Opens the terminal `type` on two file handles, which stay the caller's, with `width` by `height`
// cells, clears it and sets keys and modes. Of a family, if it is `carried`, an entry kept here stands
// for one that this machine's terminfo lacks. Returns a ct_status.
int ct_open(const char *type, int input, int output, int width, int height, int colours, int family,
            int carried);
// Closes the terminal and restores what was on it.
void ct_close(void);

// How many colours cells can have: 0, 8, 16, 88, 256 or 0x1000000.
int ct_colour_count(void);
// Whether characters go out as UTF-8, by the locale.
int ct_is_utf8(void);
// The size of the terminal at a file handle; 0 when it has none.
int ct_size(int handle, int *width, int *height);

// Makes room for a frame that writes `cells` cells. Returns 1 when colour pairs had to be given
// anew, so that every cell must be written, else 0.
int ct_begin_frame(int cells);
// Writes a character (1 to 5 scalars) of 1 or 2 columns; colours are numbers, or -1 for the
// terminal's own. A character whose width the C library sees otherwise becomes '?'.
void ct_put(int x, int y, const uint32_t *scalars, int count, int columns, int attributes,
            int foreground, int background);
// Shows the frame, the cursor at a place or hidden when x is negative.
void ct_end_frame(int x, int y);
// Sends bytes between two frames, such as a sequence that changes nothing on the screen.
void ct_send(const char *bytes, size_t length);
// How many bytes were sent to terminals so far.
unsigned long long ct_bytes_given(void);
// Makes the next frame write everything anew upon a cleared screen.
void ct_repaint(void);
// Takes a new size.
void ct_resize(int width, int height);

// Keys. The name of one of terminfo's capabilities for keys, by its number from 0; NULL behind the
// last. Names that terminfo itself does not list are not among them.
const char *ct_key_name(int number);
// The bytes of a capability in the open terminal's entry; NULL where it has none.
const char *ct_capability(const char *name);

enum ct_decoding {
  CT_DECODED = 0,
  CT_INCOMPLETE,        // the beginning of a character
  CT_INVALID,
};
// The one character that `bytes` are in the locale's encoding.
int ct_decode(const unsigned char *bytes, size_t length, uint32_t *scalar);

// Gives the terminal back to the shell, and takes it again.
void ct_leave(void);
void ct_enter(void);

// Restores the terminal with nothing but poll, write and tcsetattr: safe in signal handlers, at
// exit, and when called twice.
void ct_restore_now(void);

// Signals. Each of WINCH, TERM, HUP, INT, QUIT, TSTP and CONT writes its number as a byte to
// `handle`; crashes, and other signals that end programs, restore the terminal and then go to their
// former handlers, crashes only if SWIFT_BACKTRACE says interactive=no: Swift's handler would else
// ask at the terminal. Once TERM, HUP, INT or QUIT has come, a terminal that takes nothing is not
// waited for any more.
int ct_catch_signals(int handle);
void ct_release_signals(void);
// Lets an abort for want of memory end the program with one line and status 70, before and while
// signals are caught.
void ct_catch_abort(void);
// Stops this process and its group as Ctrl-Z does, and returns when they go on.
void ct_stop(void);

// Keeps what is written to standard error, if that is a terminal, until ct_release_errors, which
// then writes it there. ct_restore_now does so too.
void ct_hold_errors(void);
void ct_release_errors(void);

// Exchanges what two paths of one file system name, in one step: 0, or -1 with errno where the system
// cannot.
int ct_exchange(const char *first, const char *second);

#endif
