// libpng: its simplified interface (png_image_*) for whole pictures, which needs no setjmp, and rows
// one after another for pictures that are too large to be held.
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

#include <png.h>

typedef struct cp_rows cp_rows;

// Begins to read a picture from a file in memory, which must stay as it is until cp_close. Null
// without memory; cp_complaint says what else went wrong.
cp_rows *cp_open(const uint8_t *file, size_t size);
// Frees what is read; null is none.
void cp_close(cp_rows *rows);
// Why no row can be read, in libpng's words; empty if nothing is wrong.
const char *cp_complaint(const cp_rows *rows);

int cp_width(const cp_rows *rows);
int cp_height(const cp_rows *rows);
// Samples of a pixel: grey or colour, and alpha if there is any transparency.
int cp_components(const cp_rows *rows);
// Bytes of a sample: 1, or 2 in this machine's order.
int cp_sample_size(const cp_rows *rows);
int cp_is_interlaced(const cp_rows *rows);

// Reads the next row of a picture that is not interlaced: stored values, palettes looked up. There
// must be one left. Returns whether it could.
int cp_read_row(cp_rows *rows, uint8_t *row);

#endif
