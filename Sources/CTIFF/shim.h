// libtiff over bytes in memory. Its fields are read through variadic functions, which Swift does not
// see, and its errors come as formats with arguments; both are plain here.
#ifndef CTIFF_SHIM_H
#define CTIFF_SHIM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

/// A file in memory, where it is being read, and the first thing that was wrong with it.
typedef struct {
  const uint8_t *bytes;
  uint64_t size;
  uint64_t position;
  char message[200];
} tiff_source;

static inline tmsize_t tiff_source_read(thandle_t handle, void *target, tmsize_t count) {
  tiff_source *source = (tiff_source *)handle;
  if (count <= 0 || source->position >= source->size) return 0;
  uint64_t left = source->size - source->position;
  uint64_t taken = (uint64_t)count < left ? (uint64_t)count : left;
  memcpy(target, source->bytes + source->position, taken);
  source->position += taken;
  return (tmsize_t)taken;
}

static inline tmsize_t tiff_source_write(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static inline toff_t tiff_source_seek(thandle_t handle, toff_t offset, int whence) {
  tiff_source *source = (tiff_source *)handle;
  uint64_t start = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->position : source->size;
  source->position = start + (uint64_t)offset;
  return source->position;
}

static inline int tiff_source_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static inline toff_t tiff_source_size(thandle_t handle) { return ((tiff_source *)handle)->size; }

#if TIFFLIB_VERSION >= 20221213
static inline int tiff_keep_error(
    TIFF *file, void *source, const char *module, const char *format, va_list arguments) {
  (void)file, (void)module;
  char *message = ((tiff_source *)source)->message;
  if (message[0] == 0) vsnprintf(message, sizeof((tiff_source *)0)->message, format, arguments);
  return 1;
}

static inline int tiff_drop_warning(
    TIFF *file, void *source, const char *module, const char *format, va_list arguments) {
  (void)file, (void)source, (void)module, (void)format, (void)arguments;
  return 1;
}
#endif

/// Opens a file's first page, or gives NULL; nothing is written to standard error.
static inline TIFF *tiff_open(tiff_source *source, int64_t most_memory) {
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most_memory);
  TIFFOpenOptionsSetErrorHandlerExtR(options, tiff_keep_error, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, tiff_drop_warning, source);
  TIFF *file = TIFFClientOpenExt(
      "picture", "rm", (thandle_t)source, tiff_source_read, tiff_source_write, tiff_source_seek,
      tiff_source_close, tiff_source_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return file;
#else
  (void)most_memory;
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen(
      "picture", "rm", (thandle_t)source, tiff_source_read, tiff_source_write, tiff_source_seek,
      tiff_source_close, tiff_source_size, NULL, NULL);
#endif
}

/// A field of 16 bits, or its default; -1 where there is neither.
static inline int32_t tiff_short(TIFF *file, uint32_t tag) {
  uint16_t value = 0;
  return TIFFGetFieldDefaulted(file, tag, &value) ? value : -1;
}

/// A field of 32 bits, or its default; -1 where there is neither.
static inline int64_t tiff_long(TIFF *file, uint32_t tag) {
  uint32_t value = 0;
  return TIFFGetFieldDefaulted(file, tag, &value) ? value : -1;
}

/// What the first sample beyond the colours is: 0 unknown, 1 alpha that the colours are multiplied by,
/// 2 alpha; -1 where there is none.
static inline int32_t tiff_first_extra(TIFF *file) {
  uint16_t count = 0;
  uint16_t *kinds = NULL;
  return TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count > 0 ? kinds[0] : -1;
}

/// The samples beyond the colours.
static inline int32_t tiff_extra_count(TIFF *file) {
  uint16_t count = 0;
  uint16_t *kinds = NULL;
  return TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &count, &kinds) ? count : 0;
}

/// Copies 2^bits entries of the palette, red, green and blue in turn; 0 where there is none.
static inline int tiff_palette(TIFF *file, int bits, uint16_t *entries) {
  uint16_t *red = NULL, *green = NULL, *blue = NULL;
  if (!TIFFGetField(file, TIFFTAG_COLORMAP, &red, &green, &blue)) return 0;
  for (int index = 0; index < 1 << bits; index++) {
    entries[3 * index] = red[index];
    entries[3 * index + 1] = green[index];
    entries[3 * index + 2] = blue[index];
  }
  return 1;
}

/// Decodes the page to bytes of red, green, blue and alpha, in stored order; colours are multiplied
/// by alpha. `message` has 1024 bytes.
static inline int tiff_decode(
    TIFF *file, uint32_t *raster, uint32_t width, uint32_t height, char *message) {
  TIFFRGBAImage image;
  if (!TIFFRGBAImageBegin(&image, file, 1, message)) return 0;
  image.req_orientation = image.orientation;
  int is_whole = TIFFRGBAImageGet(&image, raster, width, height);
  TIFFRGBAImageEnd(&image);
  return is_whole;
}

#endif
