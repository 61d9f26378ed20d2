// The file form of a kernel's device code: numbers in decimal, each followed by a space, and strings as their length,
// a space and their bytes. Only ganc itself reads it, so there are no names in it and nothing is checked.
#include "compiler/codegen/device/DeviceCode.h"

#include <charconv>

namespace gan {
namespace {

class Writer {
public:
  Writer &operator<<(int64_t value) {
    out += std::to_string(value) + " ";
    return *this;
  }
  Writer &operator<<(const std::string &text) {
    *this << int64_t(text.size());
    out += text;
    return *this;
  }
  std::string out;
};

class Reader {
public:
  explicit Reader(const std::string &text) : text(text) {}
  int64_t number() {
    int64_t value = 0;
    const char *end = std::from_chars(text.data() + at, text.data() + text.size(), value).ptr;
    at = size_t(end - text.data()) + 1;
    return value;
  }
  std::string string() {
    auto size = size_t(number());
    at += size;
    return text.substr(at - size, size);
  }
  /// A list: its length, then what `read` reads for each item.
  template <class Item, class Read> void list(std::vector<Item> &items, Read read) {
    items.resize(size_t(number()));
    for (Item &item : items)
      read(item);
  }

private:
  const std::string &text;
  size_t at = 0;
};

void write(Writer &out, const DeviceLaunch &launch) {
  out << launch.function;
  for (int d = 0; d < 3; ++d)
    out << launch.grid[d] << launch.block[d];
  out << launch.shared << int64_t(launch.arguments.size());
  for (const DeviceArgument &argument : launch.arguments)
    out << int64_t(argument.kind) << int64_t(argument.index);
}

void read(Reader &in, DeviceLaunch &launch) {
  launch.function = in.string();
  for (int d = 0; d < 3; ++d)
    launch.grid[d] = in.number(), launch.block[d] = in.number();
  launch.shared = in.number();
  in.list(launch.arguments, [&](DeviceArgument &argument) {
    argument.kind = DeviceArgument::Kind(in.number());
    argument.index = size_t(in.number());
  });
}

void write(Writer &out, const DeviceImage &image) {
  out << image.architecture << image.bytes << int64_t(image.uses.size());
  for (const DeviceImage::Use &use : image.uses)
    out << use.registers << use.shared << use.stack;
}

void read(Reader &in, DeviceImage &image) {
  image.architecture = in.string();
  image.bytes = in.string();
  in.list(image.uses, [&](DeviceImage::Use &use) {
    use.registers = in.number(), use.shared = in.number(), use.stack = in.number();
  });
}

} // namespace

std::string packDeviceCode(const DeviceCode &code) {
  Writer out;
  out << code.text << int64_t(code.launches.size());
  for (const DeviceLaunch &launch : code.launches)
    write(out, launch);
  out << int64_t(code.scratch.size());
  for (int64_t bytes : code.scratch)
    out << bytes;
  out << int64_t(code.constants.size());
  for (const std::string &constant : code.constants)
    out << constant;
  out << int64_t(code.images.size());
  for (const DeviceImage &image : code.images)
    write(out, image);
  return out.out;
}

DeviceCode unpackDeviceCode(const std::string &packed) {
  DeviceCode code;
  Reader in(packed);
  code.text = in.string();
  in.list(code.launches, [&](DeviceLaunch &launch) { read(in, launch); });
  in.list(code.scratch, [&](int64_t &bytes) { bytes = in.number(); });
  in.list(code.constants, [&](std::string &constant) { constant = in.string(); });
  in.list(code.images, [&](DeviceImage &image) { read(in, image); });
  return code;
}

} // namespace gan
