// Options that are numbers. Each is declared with its range, and the given text must be a number in that range and
// nothing else.
#pragma once

#include <boost/program_options.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>

namespace ganrt {

/// "--count takes a whole number from 1 to 10, not 1e3".
class OutsideRange : public boost::program_options::error_with_option_name {
public:
  OutsideRange(const std::string &range, const std::string &given)
      : error_with_option_name("%canonical_option% takes " + range + ", not "),
        given(given.empty() ? "an empty text" : given) {}

private:
  /// Appends the given text last, so that nothing in it is taken for a placeholder.
  void substitute_placeholders(const std::string &text) const override {
    error_with_option_name::substitute_placeholders(text);
    m_message += given;
  }

  std::string given;
};

template <class T> class NumberOption : public boost::program_options::typed_value<T> {
public:
  NumberOption(T *to, T least, T most) : boost::program_options::typed_value<T>(to), least(least), most(most) {}

  void xparse(boost::any &value, const std::vector<std::string> &words) const override {
    boost::program_options::validators::check_first_occurrence(value);
    const std::string &text = boost::program_options::validators::get_single_string(words, true);
    const char *end = text.data() + text.size();
    T number{};
    auto [rest, error] = std::from_chars(text.data(), end, number);
    if (text == "-0") // from_chars does not accept this for unsigned numbers
      number = 0, rest = end, error = {};
    if (error != std::errc() || rest != end || !(number >= least && number <= most)) // written so that NaN fails
      throw OutsideRange(range(), text);
    value = number == 0 ? T(0) : number; // turns -0 into 0
  }

private:
  static std::string shown(T number) {
    if constexpr (std::is_integral_v<T>)
      return std::to_string(number);
    char text[32]; // std::to_chars would bring tables of 128 KB into every trainer
    snprintf(text, sizeof text, "%.9g", double(number));
    return text;
  }
  std::string range() const {
    return (std::is_integral_v<T> ? "a whole number from " : "a number from ") + shown(least) + " to " + shown(most);
  }

  T least, most;
};

/// An option whose number is stored in `to`.
template <class T> NumberOption<T> *number(T *to, std::type_identity_t<T> least, std::type_identity_t<T> most) {
  return new NumberOption<T>(to, least, most);
}

/// The largest number of things, iterations or bytes if nothing else limits it: doubles represent all integers up to
/// it.
constexpr int64_t anyNumber = int64_t(1) << 53;
/// The longest time in seconds, about thirty years.
constexpr double anyTime = 1e9;

} // namespace ganrt
