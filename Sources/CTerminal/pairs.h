// Colour pairs: ncurses names two colours by one number, given once and kept while it lasts.
#ifndef CT_PAIRS_H
#define CT_PAIRS_H

#include <curses.h>

void ct_pairs_open(int limit);
void ct_pairs_close(void);
// Whether a frame that writes `cells` cells can be given its pairs without taking others back.
int ct_pairs_suffice(int cells, int cells_on_screen);
// Takes all pairs back; cells written with them must be written again. Returns whether it did.
int ct_pairs_reset(void);
// The pair of two colours (-1: the terminal's own); 0 when none is left.
int ct_pair(int foreground, int background);
// Makes a cell of text, attributes and any pair.
int ct_set_cell(cchar_t *cell, const wchar_t *text, attr_t attributes, int pair);

#endif
