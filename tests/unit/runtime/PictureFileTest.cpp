// Tests pictures of every kind that PNG and JPEG have, which are written here and read back. Pillow gave the expected
// values.
#include "DataFolder.h"
#include "runtime/data/Decode.h"
#include "runtime/data/Fit.h"
#include "runtime/device/Threads.h"
#include "tests/unit/runtime/BigEndian.h"

#include <atomic>
#include <cstring>
#include <new>
#include <thread>

#include <jpeglib.h>
#include <zlib.h>

namespace ganrt {
namespace {

std::string chunk(const std::string &name, const std::string &content) {
  std::string body = name + content;
  return bigEndian(uint32_t(content.size())) + body +
         bigEndian(uint32_t(crc32(0, reinterpret_cast<const Bytef *>(body.data()), uInt(body.size()))));
}

enum Colour { Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6 };

/// Makes a PNG. Each of `rows` has the bytes of a row (if interlaced: of a row of a pass); `before` precedes the
/// pixels.
std::string png(uint32_t height, uint32_t width, int bits, Colour colour, const std::vector<std::string> &rows,
                const std::string &before = "", bool interlaced = false, const std::string &after = "") {
  std::string raw;
  for (const std::string &row : rows)
    raw += '\0' + row; // no filter
  std::string packed(compressBound(raw.size()), 0);
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef *>(packed.data()), &size, reinterpret_cast<const Bytef *>(raw.data()), raw.size());
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR",
               bigEndian(width) + bigEndian(height) + std::string{char(bits), char(colour), 0, 0, char(interlaced)}) +
         before + chunk("IDAT", packed) + after + chunk("IEND", "");
}

std::string text(std::initializer_list<int> bytes) {
  std::string out;
  for (int b : bytes)
    out += char(b);
  return out;
}

/// An EXIF block that contains only an orientation, in either byte order.
std::string exif(int orientation, bool little) {
  auto number = [&](unsigned v, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i)
      out += char(v >> 8 * (little ? i : bytes - 1 - i));
    return out;
  };
  return (little ? "II" : "MM") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x112, 2) + number(3, 2) +
         number(1, 4) + number(unsigned(orientation), 2) + number(0, 2) + number(0, 4);
}

/// Makes a JPEG of one colour (16 x 16) or of given grey pixels, of the best quality, with an EXIF block if one is
/// given.
std::string jpeg(int height, int width, J_COLOR_SPACE in, J_COLOR_SPACE stored, const Bytes &pixels,
                 const std::string &exifBlock = "", bool progressive = false) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_height = JDIMENSION(height), info.image_width = JDIMENSION(width);
  info.input_components = int(pixels.size() / size_t(height * width));
  info.in_color_space = in;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  jpeg_set_quality(&info, 100, TRUE);
  if (progressive)
    jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (std::string block = std::string("Exif\0\0", 6) + exifBlock; !exifBlock.empty())
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET *>(block.data()), unsigned(block.size()));
  for (int y = 0; y < height; ++y) {
    auto *row = const_cast<JSAMPLE *>(pixels.data() + size_t(y * width * info.input_components));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string out(reinterpret_cast<char *>(memory), size);
  free(memory);
  return out;
}

Bytes uniform(size_t pixels, const Bytes &colour) {
  Bytes out;
  while (out.size() < pixels * colour.size())
    out.insert(out.end(), colour.begin(), colour.end());
  return out;
}

class PictureFile : public DataFolder {
protected:
  /// Reads the content as the only picture of the folder, with so many channels.
  Bytes read(const std::string &content, int64_t channels, int64_t height, int64_t width) {
    write("picture.png", content);
    Dataset data = load("", imageOf(channels, height, width));
    EXPECT_EQ(data.count, 1) << note;
    return bytesOf(data);
  }
  void near(const Bytes &found, const Bytes &expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], expected[i], 2) << i;
  }
};

TEST_F(PictureFile, SixteenBitsAreRoundedToEight) {
  // 0, half, a value between two bytes, the maximum.
  std::string grey = text({0, 0, 0x80, 0x00, 0x12, 0x34, 0xff, 0xff});
  EXPECT_EQ(read(png(1, 4, 16, Grey, {grey}), 1, 1, 4), (Bytes{0, 128, 18, 255}));
  std::string colours = text({0x80, 0x00, 0x40, 0x00, 0x20, 0x00});
  EXPECT_EQ(read(png(1, 1, 16, Rgb, {colours}), 3, 1, 1), (Bytes{128, 64, 32}));
  EXPECT_EQ(read(png(1, 1, 16, Rgba, {colours + text({0x10, 0x00})}), 4, 1, 1), (Bytes{128, 64, 32, 16}));
  EXPECT_EQ(read(png(1, 1, 16, GreyAlpha, {text({0x80, 0, 0x10, 0})}), 2, 1, 1), (Bytes{128, 16}));
}

TEST_F(PictureFile, NotesOnColourChangeNothing) {
  std::string row = text({0, 50, 128, 255});
  std::string chroma; // of a wide colour space
  for (uint32_t v : {31270u, 32900u, 73470u, 26530u, 11400u, 82600u, 15660u, 1770u})
    chroma += bigEndian(v);
  std::string profile = std::string("any\0\0", 5) + "no profile";
  for (const std::string &note :
       {chunk("gAMA", bigEndian(100000)), chunk("gAMA", bigEndian(22000)), chunk("sRGB", text({1})),
        chunk("cHRM", chroma), chunk("iCCP", profile), chunk("sBIT", text({5})), chunk("tEXt", "Title"),
        chunk("pHYs", std::string(9, 1)), chunk("gAMA", "")})
    EXPECT_EQ(read(png(1, 4, 8, Grey, {row}, note), 1, 1, 4), (Bytes{0, 50, 128, 255})) << note;
  EXPECT_EQ(read(png(1, 1, 16, Grey, {text({0x80, 0})}, chunk("gAMA", bigEndian(45455))), 1, 1, 1), Bytes{128});
}

TEST_F(PictureFile, AlphaIsKeptWhereItIsWantedAndDroppedElsewhere) {
  std::string rgba = text({200, 100, 50, 128, 10, 20, 30, 0});
  EXPECT_EQ(read(png(1, 2, 8, Rgba, {rgba}), 4, 1, 2), (Bytes{200, 100, 50, 128, 10, 20, 30, 0}));
  EXPECT_EQ(read(png(1, 2, 8, Rgba, {rgba}), 3, 1, 2), (Bytes{200, 100, 50, 10, 20, 30}));
  EXPECT_EQ(read(png(1, 2, 8, Rgba, {rgba}), 1, 1, 2), (Bytes{124, 18})); // L = 0.299 R + 0.587 G + 0.114 B
  EXPECT_EQ(read(png(1, 2, 8, Rgba, {rgba}), 2, 1, 2), (Bytes{124, 128, 18, 0}));
  std::string grey = text({90, 128, 7, 255});
  EXPECT_EQ(read(png(1, 2, 8, GreyAlpha, {grey}), 2, 1, 2), (Bytes{90, 128, 7, 255}));
  EXPECT_EQ(read(png(1, 2, 8, GreyAlpha, {grey}), 1, 1, 2), (Bytes{90, 7}));
  EXPECT_EQ(read(png(1, 2, 8, GreyAlpha, {grey}), 3, 1, 2), (Bytes{90, 90, 90, 7, 7, 7}));
  EXPECT_EQ(read(png(1, 2, 8, GreyAlpha, {grey}), 4, 1, 2), (Bytes{90, 90, 90, 128, 7, 7, 7, 255}));
  // A picture without alpha is opaque.
  EXPECT_EQ(read(png(1, 1, 8, Rgb, {text({200, 100, 50})}), 4, 1, 1), (Bytes{200, 100, 50, 255}));
  EXPECT_EQ(read(png(1, 1, 8, Grey, {text({200})}), 2, 1, 1), (Bytes{200, 255}));
  fails("", imageOf(5, 1, 1), "pictures have 1 to 4 channels");
}

TEST_F(PictureFile, PalettesAndOneTransparentColour) {
  std::string palette = chunk("PLTE", text({255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9}));
  // Four pixels of two bits each: 0, 1, 2, 3.
  std::string row = text({0b00011011});
  EXPECT_EQ(read(png(1, 4, 2, Palette, {row}, palette), 3, 1, 4), (Bytes{255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9}));
  EXPECT_EQ(read(png(1, 4, 2, Palette, {row}, palette), 1, 1, 4), (Bytes{76, 150, 29, 9}));
  std::string clear = chunk("tRNS", text({0, 100})); // alpha of the first two colours
  EXPECT_EQ(read(png(1, 4, 2, Palette, {row}, palette + clear), 4, 1, 4),
            (Bytes{255, 0, 0, 0, 0, 255, 0, 100, 0, 0, 255, 255, 9, 9, 9, 255}));
  EXPECT_EQ(read(png(1, 4, 2, Palette, {row}, palette + clear), 3, 1, 4),
            (Bytes{255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9}));
  EXPECT_EQ(read(png(1, 2, 8, Grey, {text({5, 6})}, chunk("tRNS", text({0, 5}))), 2, 1, 2), (Bytes{5, 0, 6, 255}));
  EXPECT_EQ(read(png(1, 2, 8, Grey, {text({5, 6})}, chunk("tRNS", text({0, 5}))), 1, 1, 2), (Bytes{5, 6}));
}

TEST_F(PictureFile, FewBitsReachFromBlackToWhite) {
  EXPECT_EQ(read(png(1, 8, 1, Grey, {text({0b10110001})}), 1, 1, 8), (Bytes{255, 0, 255, 255, 0, 0, 0, 255}));
  EXPECT_EQ(read(png(1, 4, 2, Grey, {text({0b00011011})}), 1, 1, 4), (Bytes{0, 85, 170, 255}));
  EXPECT_EQ(read(png(1, 2, 4, Grey, {text({0x7f})}), 1, 1, 2), (Bytes{119, 255}));
}

/// The seven passes of a picture of 8 x 8, whose pixels are three times their numbers.
TEST_F(PictureFile, Interlaced) {
  constexpr int passes[7][4] = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4},
                                {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}}; // first row and column, steps of both
  std::vector<std::string> rows;
  for (auto [row, column, down, right] : passes)
    for (int y = row; y < 8; y += down) {
      rows.emplace_back();
      for (int x = column; x < 8; x += right)
        rows.back() += char(3 * (8 * y + x));
    }
  Bytes expected;
  for (int i = 0; i < 64; ++i)
    expected.push_back(uint8_t(3 * i));
  EXPECT_EQ(read(png(8, 8, 8, Grey, rows, "", true), 1, 8, 8), expected);
}

/// Pixels A, B / C, D / E, F in the file, and as a viewer shows them.
TEST_F(PictureFile, TurnedAsExifSays) {
  constexpr int A = 10, B = 50, C = 90, D = 130, E = 170, F = 210;
  struct {
    int orientation;
    int64_t height, width;
    Bytes shown;
  } cases[] = {{1, 3, 2, {A, B, C, D, E, F}}, {2, 3, 2, {B, A, D, C, F, E}}, {3, 3, 2, {F, E, D, C, B, A}},
               {4, 3, 2, {E, F, C, D, A, B}}, {5, 2, 3, {A, C, E, B, D, F}}, {6, 2, 3, {E, C, A, F, D, B}},
               {7, 2, 3, {F, D, B, E, C, A}}, {8, 2, 3, {B, D, F, A, C, E}}, {9, 3, 2, {A, B, C, D, E, F}}};
  std::vector<std::string> rows{text({A, B}), text({C, D}), text({E, F})};
  Bytes large; // each pixel becomes 8 x 8, a block of JPEG
  for (const std::string &row : rows)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 16; ++x)
        large.push_back(uint8_t(row[size_t(x / 8)]));
  for (const auto &c : cases) {
    for (bool little : {false, true})
      EXPECT_EQ(read(png(3, 2, 8, Grey, rows, chunk("eXIf", exif(c.orientation, little))), 1, c.height, c.width),
                c.shown)
          << c.orientation;
    EXPECT_EQ(read(png(3, 2, 8, Grey, rows, "", false, chunk("eXIf", exif(c.orientation, true))), 1, c.height, c.width),
              c.shown)
        << c.orientation;
    Bytes turned = read(jpeg(24, 16, JCS_GRAYSCALE, JCS_GRAYSCALE, large, exif(c.orientation, true)), 1, 8 * c.height,
                        8 * c.width);
    for (int64_t y = 0; y < c.height; ++y)
      for (int64_t x = 0; x < c.width; ++x)
        EXPECT_NEAR(turned[size_t((8 * y + 4) * 8 * c.width + 8 * x + 4)], c.shown[size_t(y * c.width + x)], 2)
            << c.orientation;
  }
  for (const std::string &damaged : {std::string("II"), std::string("MMxxxxxxxxxxxx"),
                                     std::string("II*\0\xff\xff\xff\xff", 8), exif(6, true).substr(0, 17)})
    EXPECT_EQ(read(png(3, 2, 8, Grey, rows, chunk("eXIf", damaged)), 1, 3, 2), (Bytes{A, B, C, D, E, F})) << damaged;
  // Colours are turned as whole pixels and converted to the wanted number of channels.
  EXPECT_EQ(read(png(1, 2, 8, Rgb, {text({1, 2, 3, 4, 5, 6})}, chunk("eXIf", exif(6, true))), 4, 2, 1),
            (Bytes{1, 2, 3, 255, 4, 5, 6, 255}));
}

TEST_F(PictureFile, JpegOfFourInks) {
  // Files contain 255 - ink: cyan 55, magenta 155, yellow 205, black 35.
  Bytes inks = uniform(256, {200, 100, 50, 220});
  Bytes rgb = uniform(256, {173, 86, 43});
  near(read(jpeg(16, 16, JCS_CMYK, JCS_CMYK, inks), 3, 16, 16), rgb);
  near(read(jpeg(16, 16, JCS_CMYK, JCS_YCCK, inks), 3, 16, 16), rgb);
  near(read(jpeg(16, 16, JCS_CMYK, JCS_CMYK, inks, "", true), 3, 16, 16), rgb);
  near(read(jpeg(16, 16, JCS_CMYK, JCS_YCCK, inks), 1, 16, 16), uniform(256, {107}));
  near(read(jpeg(16, 16, JCS_RGB, JCS_YCbCr, uniform(256, {173, 86, 43})), 3, 16, 16), rgb);
  near(read(jpeg(16, 16, JCS_RGB, JCS_RGB, uniform(256, {173, 86, 43})), 3, 16, 16), rgb);
  near(read(jpeg(16, 16, JCS_GRAYSCALE, JCS_GRAYSCALE, uniform(256, {99})), 3, 16, 16), uniform(256, {99, 99, 99}));
}

TEST_F(PictureFile, DamageIsToldWithThePath) {
  std::string whole = png(8, 8, 8, Grey, std::vector<std::string>(8, std::string(8, '\x55')));
  std::string photo = jpeg(16, 16, JCS_GRAYSCALE, JCS_GRAYSCALE, uniform(256, {99}));
  auto fails = [&](const std::string &content, const std::string &message) {
    write("picture.png", content);
    DataFolder::fails("", imageOf(1, 8, 8), "picture.png: " + message);
  };
  fails("", "it is empty");
  fails("GIF89a", "it is neither PNG nor JPEG");
  for (size_t cut : {9ul, 20ul, 40ul, whole.size() - 14, whole.size() - 1})
    fails(whole.substr(0, cut), "it is cut off");
  fails(photo.substr(0, photo.size() / 2), "");
  fails(photo.substr(0, 3), "");
  std::string flipped = whole;
  flipped[45] ^= 4; // in the pixels, so that their checksum is wrong
  fails(flipped, "");
  std::string vast = png(8, 20000, 8, Grey, std::vector<std::string>(8, std::string(20000, 0)));
  fails(vast, "its header says 8 x 20000 pixels, and sides of at most 16384 are read");
  // The file has fewer pixels than its header promises.
  fails(png(400, 8, 8, Grey, {std::string(8, 0)}), "");
  fails(png(16384, 16384, 8, Rgba, {std::string(8, 0)}), "its header says more pixels than such a short file can hold");
}

/// Threads wait for each other if memory is short, but a single one may get all that it asks for.
TEST(MemoryBudget, IsNotExceededByTwo) {
  MemoryBudget budget(100);
  {
    MemoryBudget::Share one = budget.take(40), two = budget.take(60); // would wait for ever if there were room for one
    std::atomic<bool> third = false;
    std::thread waiting([&] {
      MemoryBudget::Share share = budget.take(1);
      third = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(third) << "what is taken is taken";
    one = MemoryBudget::Share();
    waiting.join();
    EXPECT_TRUE(third);
  }
  std::atomic<size_t> taken = 0;
  std::vector<std::thread> threads;
  for (size_t wanted : {40ul, 60ul, 70ul, 1000ul, 10ul, 0ul})
    threads.emplace_back([&, wanted] {
      for (int i = 0; i < 200; ++i) {
        MemoryBudget::Share share = budget.take(wanted);
        size_t now = taken += wanted;
        EXPECT_TRUE(now <= 100 || now == 1000) << now;
        taken -= wanted;
      }
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(taken, 0u);
}

TEST(Threads, WhatATaskThrowsIsThrownToTheCaller) {
  kernelThreads().start(1);
  std::atomic<int> done = 0;
  EXPECT_THROW(inParallel(50, [&](size_t i) { i == 7 ? throw std::bad_alloc() : ++done; }), std::bad_alloc);
  EXPECT_EQ(done, 7) << "a single thread runs tasks in their order, and none after the one that failed";
  done = 0;
  inParallel(50, [&](size_t) { ++done; });
  EXPECT_EQ(done, 50);
}

} // namespace
} // namespace ganrt
