// Reads the header of NumPy's format (numpy.lib.format, versions 1 to 3) and the numbers that it describes.
#include "runtime/base/Error.h"
#include "runtime/base/Safetensors.h"
#include "runtime/base/Text.h"
#include "runtime/data/Npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace ganrt {
namespace {

/// The value of an IEEE half: 1 bit of sign, 5 of exponent, 10 of fraction.
double half(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                : exponent == 0 ? std::ldexp(fraction, -24)
                                : std::ldexp(fraction + 1024, exponent - 25);
  return bits >> 15 ? -size : size;
}

/// The value after `key` in the header, which is a Python dictionary. A tuple ends with its closing bracket, any other
/// value before the next comma.
std::string headerValue(const std::string &header, const std::string &key) {
  size_t at = header.find("'" + key + "'");
  at = at == std::string::npos ? at : header.find(':', at);
  size_t begin = at == std::string::npos ? at : header.find_first_not_of(' ', at + 1);
  if (begin == std::string::npos)
    return "";
  bool tuple = header[begin] == '(';
  size_t end = header.find_first_of(tuple ? ")" : ",}", begin);
  return header.substr(begin, end == std::string::npos ? end : end - begin + tuple);
}

/// Parses "(60000, 28, 28)" or "(5,)": digits, commas and blanks between brackets. Returns nothing for any other text.
std::optional<std::vector<int64_t>> parseShape(const std::string &text) {
  constexpr int64_t most = int64_t(1) << 56;
  if (text.size() < 2 || text.front() != '(' || text.back() != ')')
    return std::nullopt;
  std::vector<int64_t> shape;
  bool inNumber = false;
  for (char c : text.substr(1, text.size() - 2)) {
    if (std::isdigit(uint8_t(c))) {
      if (!inNumber)
        shape.push_back(0);
      shape.back() = shape.back() * 10 + (c - '0');
      if (shape.back() > most)
        return std::nullopt;
    } else if (c != ',' && c != ' ') {
      return std::nullopt;
    }
    inNumber = std::isdigit(uint8_t(c));
  }
  return shape;
}

/// Parses "'<f4'": byte order, kind, width. Returns false if such numbers are not supported.
bool parseType(const std::string &text, NpyHeader &head) {
  if (text.size() < 5 || text.front() != '\'' || text[text.size() - 1] != '\'')
    return false;
  std::string type = text.substr(1, text.size() - 2);
  head.bigEndian = type[0] == '>';
  head.kind = type[1];
  std::string width = type.substr(2);
  if (!std::strchr("<>|=", type[0]) || width.size() != 1 || !std::strchr("1248", width[0]))
    return false;
  head.width = size_t(width[0] - '0');
  return head.kind == 'u' || head.kind == 'i' || (head.kind == 'f' && head.width > 1) ||
         (head.kind == 'b' && head.width == 1);
}

NpyHeader parseHeader(const std::string &name, std::string header) {
  NpyHeader head;
  while (!header.empty() && std::isspace(uint8_t(header.back())))
    header.pop_back();
  std::string type = headerValue(header, "descr");
  if (!parseType(type, head))
    throw UserError(name + ": holds numbers of type " + (type.empty() ? "unknown" : type) +
                    "; bool, integers, and floats of 2, 4 or 8 bytes are read");
  if (headerValue(header, "fortran_order").find("True") != std::string::npos)
    throw UserError(name + ": is in Fortran order; save numpy.ascontiguousarray of it");
  std::optional<std::vector<int64_t>> shape = parseShape(headerValue(header, "shape"));
  if (!shape)
    throw UserError(name + ": its header has no shape that can be read");
  head.shape = *shape;
  return head;
}

} // namespace

int64_t NpyHeader::numbersEach() const {
  int64_t numbers = 1;
  for (size_t d = 1; d < shape.size(); ++d)
    numbers *= shape[d];
  return numbers;
}

double NpyHeader::number(const uint8_t *from) const {
  uint8_t turned[8];
  if (bigEndian)
    from = std::reverse_copy(from, from + width, turned) - width;
  auto as = [&](auto v) {
    memcpy(&v, from, sizeof v);
    return v;
  };
  if (kind == 'f')
    return width == 2 ? half(as(uint16_t())) : width == 4 ? double(as(float())) : as(double());
  if (kind == 'i')
    return width == 1   ? double(as(int8_t()))
           : width == 2 ? double(as(int16_t()))
           : width == 4 ? double(as(int32_t()))
                        : double(as(int64_t()));
  return width == 1   ? double(as(uint8_t()))
         : width == 2 ? double(as(uint16_t()))
         : width == 4 ? double(as(uint32_t()))
                      : double(as(uint64_t()));
}

NpyReader::NpyReader(std::unique_ptr<ByteSource> from) : source(std::move(from)) {
  uint8_t start[10], more[2] = {0, 0};
  if (source->size == 0)
    throw UserError(name() + ": is empty");
  if (source->size < 12)
    throw UserError(name() + ": is not an array of NumPy (.npy)");
  source->read(start, sizeof start);
  if (memcmp(start, "\x93NUMPY", 6) != 0)
    throw UserError(name() + ": is not an array of NumPy (.npy)");
  uint64_t begin = 10;
  if (start[6] > 1)
    source->read(more, 2), begin = 12;
  size_t length = start[8] | start[9] << 8 | size_t(more[0]) << 16 | size_t(more[1]) << 24;
  if (begin + length > source->size || length > 1 << 20)
    throw UserError(name() + ": is cut off in its header");
  std::string text(length, 0);
  source->read(text.data(), length);
  head = parseHeader(name(), text);
  uint64_t has = source->size - begin - length;
  double says = double(head.width); // a double, because the product may overflow an integer
  for (int64_t size : head.shape)
    says *= double(size);
  if (says != double(has))
    throw UserError(name() + ": has " + std::to_string(has) + " bytes of numbers, its header says " +
                    shapeText(head.shape) + " of " + std::to_string(head.width) + " bytes each");
  if (says == 0)
    throw UserError(name() + ": has the shape " + shapeText(head.shape) + ": it holds nothing");
}

void NpyReader::read(std::vector<uint8_t> &row) {
  row.resize(head.bytesEach());
  source->read(row.data(), row.size());
}

} // namespace ganrt
