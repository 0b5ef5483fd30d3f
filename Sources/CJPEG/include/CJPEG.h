// Decoding a JPEG picture in memory row by row through libjpeg. Errors come back as a status: its
// longjmp never leaves a function of this file's.
#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

enum cj_status {
  CJ_OK = 0,
  CJ_REFUSED,         // libjpeg cannot go on; cj_complaint says why
  CJ_CANCELLED,       // the caller's function asked to stop
  CJ_TOO_MANY_SCANS,  // the file has more scans than it may
};

// What a decoder may take, and who may stop it.
typedef struct {
  size_t memory;  // bytes that libjpeg may take
  int scans;      // scans of the file
  // Asked between rows of blocks; other than 0 stops. May be null.
  int (*is_cancelled)(void *context);
  void *context;
} cj_limits;

// What libjpeg had to make up or pass over.
typedef struct {
  int damage_count;      // how often stored data made no sense or were not where they belong
  int damage_row;        // the first row of pixels that the first of them may touch
  int damage_scan;       // the scan of the first, from 1
  char damage[200];      // the first, in libjpeg's words
  int is_cut_short;      // the data ended in the middle of a scan
  int cut_row;           // the first row of pixels that lacks data in that scan
  int cut_scan;          // that scan, from 1
  int has_no_end;        // the file ended without an end marker
  int leftover_bytes;    // bytes behind a scan's data that belong to nothing
  int missing_detail;    // a progressive picture: coefficients that no scan has refined to the end
  int missing_component; // a component that no scan holds, from 1; 0 if none
} cj_findings;

typedef struct cj_decoder cj_decoder;

// Makes a decoder of a file, which must stay as it is until cj_close, and reads its header. Null
// without memory. The status is cj_status_of.
cj_decoder *cj_open(const uint8_t *file, size_t size, const cj_limits *limits);
// Frees a decoder; null is none.
void cj_close(cj_decoder *decoder);

// The status of the last call, and libjpeg's words where it is CJ_REFUSED.
int cj_status_of(const cj_decoder *decoder);
const char *cj_complaint(const cj_decoder *decoder);

// Begins decoding at `eighths` / 8 of the size, 1 to 8. All scans of a picture that has several are
// read here. Returns a cj_status.
int cj_begin(cj_decoder *decoder, int eighths);
// The size of what is decoded, after cj_begin; before it, of what is stored.
int cj_width(const cj_decoder *decoder);
int cj_height(const cj_decoder *decoder);
// Bytes of a pixel: 1 for grey, 3 for red, green and blue, 4 for inks as stored.
int cj_channels(const cj_decoder *decoder);

// Decodes `count` rows, of which there must be as many left, of cj_width * cj_channels bytes each.
// Returns a cj_status.
int cj_read_rows(cj_decoder *decoder, uint8_t *rows, int count);
// Looks at what stands behind the last row; call it once all rows are read.
void cj_finish(cj_decoder *decoder);
// What was found so far.
cj_findings cj_findings_of(const cj_decoder *decoder);

#endif
