#include "CPNG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cp_rows {
  png_structp reader;
  png_infop info;
  const uint8_t *next;
  size_t left;
  char complaint[128];
};

static void refuse(png_structp reader, png_const_charp words) {
  cp_rows *rows = png_get_error_ptr(reader);
  snprintf(rows->complaint, sizeof rows->complaint, "%s", words);
  longjmp(png_jmpbuf(reader), 1);
}

static void keep_silent(png_structp reader, png_const_charp words) {
  (void)reader;
  (void)words;
}

static void take(png_structp reader, png_bytep target, size_t count) {
  cp_rows *rows = png_get_io_ptr(reader);
  if (count > rows->left) png_error(reader, "the data end too soon");
  memcpy(target, rows->next, count);
  rows->next += count;
  rows->left -= count;
}

cp_rows *cp_open(const uint8_t *file, size_t size) {
  cp_rows *rows = calloc(1, sizeof *rows);
  if (rows == NULL) return NULL;
  rows->next = file;
  rows->left = size;
  rows->reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, rows, refuse, keep_silent);
  if (rows->reader != NULL) rows->info = png_create_info_struct(rows->reader);
  if (rows->info == NULL) {
    snprintf(rows->complaint, sizeof rows->complaint, "no memory for a decoder");
    return rows;
  }
  if (setjmp(png_jmpbuf(rows->reader))) return rows;
  png_set_read_fn(rows->reader, rows, take);
  // The caller has judged the size.
  png_set_user_limits(rows->reader, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(rows->reader, rows->info);
  png_set_expand(rows->reader);
  const uint16_t one = 1;
  if (*(const uint8_t *)&one == 1) png_set_swap(rows->reader);
  png_read_update_info(rows->reader, rows->info);
  return rows;
}

void cp_close(cp_rows *rows) {
  if (rows == NULL) return;
  png_destroy_read_struct(&rows->reader, &rows->info, NULL);
  free(rows);
}

const char *cp_complaint(const cp_rows *rows) { return rows->complaint; }

int cp_width(const cp_rows *rows) { return (int)png_get_image_width(rows->reader, rows->info); }
int cp_height(const cp_rows *rows) { return (int)png_get_image_height(rows->reader, rows->info); }
int cp_components(const cp_rows *rows) { return png_get_channels(rows->reader, rows->info); }
int cp_sample_size(const cp_rows *rows) {
  return png_get_bit_depth(rows->reader, rows->info) == 16 ? 2 : 1;
}
int cp_is_interlaced(const cp_rows *rows) {
  return png_get_interlace_type(rows->reader, rows->info) != PNG_INTERLACE_NONE;
}

int cp_read_row(cp_rows *rows, uint8_t *row) {
  if (rows->complaint[0] != 0) return 0;
  if (setjmp(png_jmpbuf(rows->reader))) return 0;
  png_read_row(rows->reader, row, NULL);
  return 1;
}
