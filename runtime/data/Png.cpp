// Reads PNG with libpng's row interface. Its simplified interface would take 16-bit samples for linear light and apply
// gamma.
#include "runtime/data/ImageReader.h"

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <png.h>
#include <sys/stat.h>

namespace ganrt {
namespace {

class PngReader : public ImageReader {
public:
  explicit PngReader(FILE *file) : file(file) {}
  ~PngReader() override { png_destroy_read_struct(&png, &info, nullptr); }

  bool readHeader() override {
    png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, failed, failed, this, allocate, release);
    info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
      outOfMemory = true;
      return false;
    }
    return begin();
  }

  bool readPixels(uint8_t *out) override {
    rows.resize(size_t(height));
    for (size_t y = 0; y < rows.size(); ++y)
      rows[y] = out + y * size_t(width * channels);
    return finish();
  }

  int orientation() const override {
    png_unknown_chunkp chunks = nullptr;
    for (int i = 0, count = png_get_unknown_chunks(png, info, &chunks); i < count; ++i)
      if (memcmp(chunks[i].name, "eXIf", 4) == 0)
        return exifOrientation(chunks[i].data, chunks[i].size);
    return 1;
  }

private:
  static PngReader &self(png_structp png) { return *static_cast<PngReader *>(png_get_error_ptr(png)); }
  /// A warning also counts as damage, because libpng then invents data that is not in the file.
  [[noreturn]] static void failed(png_structp png, png_const_charp message) {
    self(png).why = message;
    png_longjmp(png, 1);
  }
  static void read(png_structp png, png_bytep to, size_t count) {
    auto *from = static_cast<FILE *>(png_get_io_ptr(png));
    if (fread(to, 1, count, from) != count)
      png_error(png, ferror(from) ? "it cannot be read" : "it is cut off");
  }
  static void *allocate(png_structp png, png_alloc_size_t size) {
    void *memory = std::malloc(size);
    if (!memory)
      static_cast<PngReader *>(png_get_mem_ptr(png))->outOfMemory = true;
    return memory;
  }
  static void release(png_structp, void *memory) { std::free(memory); }

  bool begin() {
    if (setjmp(png_jmpbuf(png)))
      return false;
    png_set_read_fn(png, file, read);
    // Gamma, colour space and text are not read; the orientation is.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, reinterpret_cast<png_const_bytep>("eXIf"), 1);
    png_read_info(png, info);
    if (promisesTooMuch())
      png_error(png, "its header says more pixels than such a short file can hold");
    png_set_scale_16(png);
    png_set_palette_to_rgb(png);
    if (!(png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR))
      png_set_expand_gray_1_2_4_to_8(png);
    if (png_get_valid(png, info, PNG_INFO_tRNS))
      png_set_tRNS_to_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    height = png_get_image_height(png, info), width = png_get_image_width(png, info);
    channels = png_get_channels(png, info);
    return true;
  }

  /// Whether the file is too short for its pixels, checked before memory is allocated for them: deflate compresses at
  /// most 1032 bytes into one.
  bool promisesTooMuch() const {
    struct stat status {};
    return fstat(fileno(file), &status) == 0 &&
           png_get_rowbytes(png, info) * png_get_image_height(png, info) / 1032 > size_t(status.st_size);
  }

  bool finish() {
    if (setjmp(png_jmpbuf(png)))
      return false;
    png_read_image(png, rows.data());
    png_read_end(png, info);
    return true;
  }

  FILE *file;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::vector<png_bytep> rows;
};

} // namespace

std::unique_ptr<ImageReader> pngReader(FILE *file) { return std::make_unique<PngReader>(file); }

} // namespace ganrt
