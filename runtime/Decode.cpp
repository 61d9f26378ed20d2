#include "runtime/Decode.h"

#include <algorithm>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>

#include <jpeglib.h>
#include <png.h>

namespace ganrt {
namespace {

/// No side of an image may be larger: a damaged header must not take all memory.
constexpr int64_t largestSide = 16384;

bool tooLarge(int64_t height, int64_t width, std::string &why) {
  if (height > 0 && width > 0 && height <= largestSide && width <= largestSide)
    return false;
  why = "its header says " + std::to_string(height) + " x " + std::to_string(width);
  return true;
}

bool decodePng(const std::vector<uint8_t> &file, Decoded &out, std::string &why) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, file.data(), file.size())) {
    why = image.message;
    return false;
  }
  bool fine = !tooLarge(image.height, image.width, why);
  if (fine) {
    bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    out.height = image.height, out.width = image.width, out.channels = colour ? 3 : 1;
    out.pixels.resize(PNG_IMAGE_SIZE(image));
    png_color black{0, 0, 0}; // behind what is transparent
    fine = png_image_finish_read(&image, &black, out.pixels.data(), 0, nullptr) != 0 && !image.warning_or_error;
    if (!fine)
      why = image.message;
  }
  png_image_free(&image);
  return fine;
}

/// libjpeg calls back where it would exit or print.
struct JpegErrors {
  jpeg_error_mgr base;
  jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void jpegFailed(j_common_ptr info) {
  auto *errors = reinterpret_cast<JpegErrors *>(info->err);
  info->err->format_message(info, errors->message);
  longjmp(errors->escape, 1);
}
/// A warning is damage too: what libjpeg makes up is not in the file.
void jpegMessage(j_common_ptr info, int level) {
  if (level < 0)
    jpegFailed(info);
}

bool decodeJpeg(const std::vector<uint8_t> &file, Decoded &out, std::string &why) {
  jpeg_decompress_struct info;
  JpegErrors errors;
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jpegFailed;
  errors.base.emit_message = jpegMessage;
  if (setjmp(errors.escape)) {
    why = errors.message;
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  if (tooLarge(info.image_height, info.image_width, why)) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  out.height = info.output_height, out.width = info.output_width, out.channels = info.output_components;
  out.pixels.resize(size_t(out.height * out.width * out.channels));
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = out.pixels.data() + size_t(info.output_scanline) * size_t(out.width * out.channels);
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

} // namespace

bool isImageName(const std::string &path) {
  std::string end = path.substr(path.rfind('.') + 1);
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return end == "png" || end == "jpg" || end == "jpeg";
}

bool decodeImage(const std::string &path, Decoded &out, std::string &why) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path.c_str(), "rb"), fclose);
  std::vector<uint8_t> bytes;
  uint8_t chunk[1 << 14];
  for (size_t got = 1; file && got > 0;) {
    got = fread(chunk, 1, sizeof chunk, file.get());
    bytes.insert(bytes.end(), chunk, chunk + got);
  }
  if (!file || ferror(file.get())) {
    why = std::strerror(errno);
    return false;
  }
  if (bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0)
    return decodePng(bytes, out, why);
  if (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xd8)
    return decodeJpeg(bytes, out, why);
  why = bytes.empty() ? "it is empty" : "it is neither PNG nor JPEG";
  return false;
}

} // namespace ganrt
