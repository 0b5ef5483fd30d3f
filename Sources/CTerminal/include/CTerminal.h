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

enum {
  CT_BOLD = 1,
  CT_DIM = 2,
  CT_UNDERLINE = 4,
  CT_REVERSE = 8,
};

// Opens the terminal `type` on two file handles, which stay the caller's, with `width` by `height`
// cells, clears it and sets keys and modes. Returns a ct_status.
int ct_open(const char *type, int input, int output, int width, int height, int colours);
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
// Makes the next frame write everything anew upon a cleared screen.
void ct_repaint(void);
// Takes a new size.
void ct_resize(int width, int height);

enum ct_event_kind {
  CT_EVENT_NONE = 0,
  CT_EVENT_CHARACTER,   // value: the scalar, control characters included
  CT_EVENT_KEY,         // value: enum ct_key
  CT_EVENT_MOUSE,       // value: the buttons as SGR 1006 reports them; released: whether let go
  CT_EVENT_PASTE,       // ct_paste gives the text
};

enum ct_key {
  CT_KEY_LEFT = 0,
  CT_KEY_RIGHT,
  CT_KEY_UP,
  CT_KEY_DOWN,
  CT_KEY_HOME,
  CT_KEY_END,
  CT_KEY_PAGE_UP,
  CT_KEY_PAGE_DOWN,
  CT_KEY_INSERT,
  CT_KEY_DELETE,
  CT_KEY_BACKSPACE,
  CT_KEY_BACK_TAB,
  CT_KEY_ENTER,
  CT_KEY_FUNCTION,      // + 1 for F1, and so on
};

enum {
  CT_SHIFT = 1,
  CT_ALT = 2,
  CT_CONTROL = 4,
};

struct ct_event {
  int kind;
  uint32_t value;
  int modifiers;
  int x, y;
  int released;
};

// Takes one event if there is one, without waiting (but for the rest of a key's sequence).
void ct_read(struct ct_event *event);
// The text of the paste just read, UTF-8; valid until the next ct_read.
const char *ct_paste(size_t *length);

// Gives the terminal back to the shell, and takes it again.
void ct_leave(void);
void ct_enter(void);

// Restores the terminal with nothing but write and tcsetattr: safe in signal handlers, at exit,
// and when called twice.
void ct_restore_now(void);

// Signals. Each of WINCH, TERM, HUP, INT, QUIT, TSTP and CONT writes its number as a byte to
// `handle`, and crashes restore the terminal and then go to their former handlers.
int ct_catch_signals(int handle);
void ct_release_signals(void);
// Stops this process and its group as Ctrl-Z does, and returns when they go on.
void ct_stop(void);

// Keeps what is written to standard error, if that is a terminal, until ct_release_errors, which
// then writes it there. ct_restore_now does so too.
void ct_hold_errors(void);
void ct_release_errors(void);

#endif
