// Reads JPEG with libjpeg.
#include "runtime/data/ImageReader.h"

#include <csetjmp>
#include <cstring>
#include <vector>

#include <jpeglib.h>
// It needs the types of jpeglib.h.
#include <jerror.h>

namespace ganrt {
namespace {

class JpegReader : public ImageReader {
public:
  explicit JpegReader(FILE *file) : file(file) {
    info.err = jpeg_std_error(&errors);
    info.client_data = this;
    errors.error_exit = failed;
    errors.emit_message = message;
  }
  ~JpegReader() override {
    if (created)
      jpeg_destroy_decompress(&info);
  }

  bool readHeader() override { return begin(); }
  bool readPixels(uint8_t *out) override {
    bool printed = info.out_color_space == JCS_CMYK; // rows of four inks are read into `line` and converted to RGB
    line.resize(printed ? size_t(width) * 4 : 0);
    return finish(out);
  }

  int orientation() const override { return turned; }

private:
  [[noreturn]] static void failed(j_common_ptr info) {
    auto *reader = static_cast<JpegReader *>(info->client_data);
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    reader->why = text;
    reader->outOfMemory = info->err->msg_code == JERR_OUT_OF_MEMORY;
    longjmp(reader->escape, 1);
  }
  /// A warning also counts as damage, because libjpeg then invents data that is not in the file.
  static void message(j_common_ptr info, int level) {
    if (level < 0)
      failed(info);
  }

  int readOrientation() const {
    constexpr char name[] = "Exif\0"; // and one more zero
    for (jpeg_saved_marker_ptr m = info.marker_list; m; m = m->next)
      if (m->marker == JPEG_APP0 + 1 && m->data_length > sizeof name && memcmp(m->data, name, sizeof name) == 0)
        return exifOrientation(m->data + sizeof name, m->data_length - sizeof name);
    return 1;
  }

  bool begin() {
    if (setjmp(escape))
      return false;
    jpeg_create_decompress(&info);
    created = true;
    jpeg_stdio_src(&info, file);
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&info, TRUE);
    turned = readOrientation(); // read now, because the markers are freed with the last row
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : info.num_components == 4 ? JCS_CMYK : JCS_RGB;
    height = info.image_height, width = info.image_width;
    channels = info.num_components == 1 ? 1 : 3;
    // If an image is stored in several passes, libjpeg keeps all coefficients until the last one.
    if (jpeg_has_multiple_scans(&info))
      workingBytes = size_t(height) * size_t(width) * size_t(info.num_components) * sizeof(JCOEF);
    return true;
  }

  bool finish(uint8_t *out) {
    if (setjmp(escape))
      return false;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      uint8_t *to = out + size_t(info.output_scanline) * size_t(width * channels);
      JSAMPROW row = line.empty() ? to : line.data();
      jpeg_read_scanlines(&info, &row, 1);
      if (!line.empty())
        printedToRgb(to);
    }
    jpeg_finish_decompress(&info);
    return true;
  }

  /// Files hold the complements of cyan, magenta, yellow and black. Adobe's programs introduced this, and all readers
  /// follow it.
  void printedToRgb(uint8_t *to) const {
    for (size_t x = 0; x < size_t(width); ++x)
      for (size_t c = 0; c < 3; ++c) {
        unsigned black = line[x * 4 + 3], colour = 255 - line[x * 4 + c];
        to[x * 3 + c] = uint8_t(black - (colour * black + 127) / 255);
      }
  }

  FILE *file;
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jmp_buf escape{};
  bool created = false;
  int turned = 1;
  std::vector<uint8_t> line; ///< a row of four inks
};

} // namespace

std::unique_ptr<ImageReader> jpegReader(FILE *file) { return std::make_unique<JpegReader>(file); }

} // namespace ganrt
