#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

enum { RST0 = 0xD0, RST7 = 0xD7, EOI = 0xD9 };

struct cj_decoder {
  struct jpeg_decompress_struct codec;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  cj_limits limits;
  const uint8_t *file;
  size_t size;
  int status;
  int header_is_read;
  char complaint[JMSG_LENGTH_MAX];
  uint8_t is_seen[MAX_COMPONENTS];
  cj_findings findings;
};

// The structures begin with libjpeg's, and client_data leads back from any of them.
static cj_decoder *owner(j_common_ptr codec) { return codec->client_data; }

static void stop(cj_decoder *decoder, int status) {
  decoder->status = status;
  longjmp(decoder->escape, 1);
}

static void refuse(j_common_ptr codec) {
  cj_decoder *decoder = owner(codec);
  codec->err->format_message(codec, decoder->complaint);
  stop(decoder, CJ_REFUSED);
}

// The row of pixels that the row of blocks begins at which is being read.
static int present_row(const struct jpeg_decompress_struct *codec) {
  long row = (long)codec->input_iMCU_row * codec->max_v_samp_factor * DCTSIZE;
  return row < (long)codec->image_height ? (int)row : (int)codec->image_height;
}

static void note_cut(cj_decoder *decoder) {
  cj_findings *findings = &decoder->findings;
  if (findings->is_cut_short) return;
  findings->is_cut_short = 1;
  findings->cut_row = present_row(&decoder->codec);
  findings->cut_scan = decoder->codec.input_scan_number;
}

static void note_damage(cj_decoder *decoder) {
  cj_findings *findings = &decoder->findings;
  // Nothing is where it belongs once the data have ended.
  if (findings->is_cut_short) return;
  if (findings->damage_count == 0) {
    char words[JMSG_LENGTH_MAX];
    decoder->errors.format_message((j_common_ptr)&decoder->codec, words);
    snprintf(findings->damage, sizeof findings->damage, "%s", words);
    findings->damage_row = present_row(&decoder->codec);
    findings->damage_scan = decoder->codec.input_scan_number;
  }
  if (findings->damage_count < 1000000) findings->damage_count++;
}

// Whether `count` bytes before the marker that was just read are what writers pad with.
static int is_padding(const cj_decoder *decoder, int count) {
  const uint8_t *end = decoder->codec.src->next_input_byte;
  if (end < decoder->file + count + 2 || end > decoder->file + decoder->size) return 0;
  for (const uint8_t *byte = end - 2 - count; byte < end - 2; byte++) {
    if (*byte != 0x00 && *byte != 0xFF) return 0;
  }
  return 1;
}

// libjpeg goes on after a warning, with values of its own where data are missing.
static void note_warning(j_common_ptr common, int level) {
  if (level >= 0) return;  // traces
  cj_decoder *decoder = owner(common);
  struct jpeg_decompress_struct *codec = &decoder->codec;
  cj_findings *findings = &decoder->findings;
  decoder->errors.num_warnings++;
  switch (decoder->errors.msg_code) {
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
      break;  // of no consequence for a pixel
    case JWRN_JPEG_EOF:
      findings->has_no_end = 1;
      break;
    case JWRN_EXTRANEOUS_DATA: {
      int count = decoder->errors.msg_parm.i[0], marker = decoder->errors.msg_parm.i[1];
      if (marker >= RST0 && marker <= RST7) {
        note_damage(decoder);
      } else if (decoder->header_is_read && !findings->has_no_end && !is_padding(decoder, count)) {
        // Behind a scan. A trailer in place of the end marker has none behind it.
        findings->leftover_bytes += count;
      }
      break;
    }
    case JWRN_HIT_MARKER:
      if (codec->unread_marker == EOI) note_cut(decoder);
      else note_damage(decoder);
      break;
    case JWRN_MUST_RESYNC:
      if (decoder->errors.msg_parm.i[0] == EOI) note_cut(decoder);
      else note_damage(decoder);
      break;
    default:
      note_damage(decoder);
  }
}

static void keep_silent(j_common_ptr codec) { (void)codec; }

static void watch(j_common_ptr common) {
  cj_decoder *decoder = owner(common);
  struct jpeg_decompress_struct *codec = &decoder->codec;
  if (codec->input_scan_number > decoder->limits.scans) stop(decoder, CJ_TOO_MANY_SCANS);
  for (int index = 0; index < codec->comps_in_scan; index++) {
    decoder->is_seen[codec->cur_comp_info[index]->component_index] = 1;
  }
  // The function has returned when the jump is made, so that no frame of the caller's is crossed.
  if (decoder->limits.is_cancelled != NULL &&
      decoder->limits.is_cancelled(decoder->limits.context)) {
    stop(decoder, CJ_CANCELLED);
  }
}

cj_decoder *cj_open(const uint8_t *file, size_t size, const cj_limits *limits) {
  cj_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return NULL;
  decoder->limits = *limits;
  decoder->file = file;
  decoder->size = size;
  struct jpeg_decompress_struct *codec = &decoder->codec;
  codec->err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = refuse;
  decoder->errors.emit_message = note_warning;
  decoder->errors.output_message = keep_silent;
  codec->client_data = decoder;
  if (setjmp(decoder->escape)) return decoder;
  jpeg_create_decompress(codec);
  codec->client_data = decoder;
  codec->mem->max_memory_to_use = (long)limits->memory;
  decoder->progress.progress_monitor = watch;
  codec->progress = &decoder->progress;
  jpeg_mem_src(codec, file, size);
  jpeg_read_header(codec, TRUE);
  decoder->header_is_read = 1;
  switch (codec->jpeg_color_space) {
    case JCS_GRAYSCALE: codec->out_color_space = JCS_GRAYSCALE; break;
    case JCS_YCbCr:
    case JCS_RGB: codec->out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: codec->out_color_space = JCS_CMYK; break;
    default:
      snprintf(decoder->complaint, sizeof decoder->complaint,
               "expected 1, 3 or 4 components, found %d", codec->num_components);
      stop(decoder, CJ_REFUSED);
  }
  return decoder;
}

void cj_close(cj_decoder *decoder) {
  if (decoder == NULL) return;
  // Frees memory only, and raises no error.
  if (setjmp(decoder->escape) == 0) jpeg_destroy_decompress(&decoder->codec);
  free(decoder);
}

int cj_status_of(const cj_decoder *decoder) { return decoder->status; }
const char *cj_complaint(const cj_decoder *decoder) { return decoder->complaint; }

int cj_width(const cj_decoder *decoder) {
  const struct jpeg_decompress_struct *codec = &decoder->codec;
  return codec->output_width > 0 ? (int)codec->output_width : (int)codec->image_width;
}

int cj_height(const cj_decoder *decoder) {
  const struct jpeg_decompress_struct *codec = &decoder->codec;
  return codec->output_height > 0 ? (int)codec->output_height : (int)codec->image_height;
}

int cj_channels(const cj_decoder *decoder) {
  switch (decoder->codec.out_color_space) {
    case JCS_GRAYSCALE: return 1;
    case JCS_CMYK: return 4;
    default: return 3;
  }
}

// Looks for what no scan held; all of them have been read.
static void note_missing(cj_decoder *decoder) {
  struct jpeg_decompress_struct *codec = &decoder->codec;
  for (int component = 0; component < codec->num_components; component++) {
    const int *bits = codec->coef_bits == NULL ? NULL : codec->coef_bits[component];
    if (bits == NULL ? !decoder->is_seen[component] : bits[0] < 0) {
      decoder->findings.missing_component = component + 1;
      return;
    }
    for (int index = 0; bits != NULL && index < DCTSIZE2; index++) {
      if (bits[index] != 0) decoder->findings.missing_detail = 1;
    }
  }
}

int cj_begin(cj_decoder *decoder, int eighths) {
  if (decoder->status != CJ_OK) return decoder->status;
  if (setjmp(decoder->escape)) return decoder->status;
  struct jpeg_decompress_struct *codec = &decoder->codec;
  codec->scale_num = (unsigned)eighths;
  codec->scale_denom = 8;
  codec->dct_method = JDCT_ISLOW;
  codec->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(codec);
  if (jpeg_has_multiple_scans(codec)) note_missing(decoder);
  return CJ_OK;
}

int cj_read_rows(cj_decoder *decoder, uint8_t *rows, int count) {
  if (decoder->status != CJ_OK) return decoder->status;
  if (setjmp(decoder->escape)) return decoder->status;
  struct jpeg_decompress_struct *codec = &decoder->codec;
  const size_t stride = (size_t)codec->output_width * (size_t)codec->output_components;
  const JDIMENSION end = codec->output_scanline + (JDIMENSION)count;
  const JDIMENSION start = codec->output_scanline;
  while (codec->output_scanline < end) {
    JSAMPROW row = rows + (codec->output_scanline - start) * stride;
    if (jpeg_read_scanlines(codec, &row, 1) == 0) {
      snprintf(decoder->complaint, sizeof decoder->complaint, "the data end before the last row");
      stop(decoder, CJ_REFUSED);
    }
  }
  return CJ_OK;
}

void cj_finish(cj_decoder *decoder) {
  if (decoder->status != CJ_OK) return;
  // What is wrong behind the last row touches no pixel.
  if (setjmp(decoder->escape)) {
    decoder->status = CJ_OK;
    return;
  }
  jpeg_finish_decompress(&decoder->codec);
}

cj_findings cj_findings_of(const cj_decoder *decoder) { return decoder->findings; }
