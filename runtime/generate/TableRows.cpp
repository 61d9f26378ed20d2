#include "runtime/generate/TableRows.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <set>

namespace ganrt {
namespace {

bool isBound(const gan_input &input) { return input.kind <= GAN_INPUT_LABEL && input.num_columns; }

/// The kind of a program's block.
std::string kindOf(const gan_program &program, const std::string &block) {
  for (uint32_t b = 0; b < program.num_blocks; ++b)
    if (block == program.blocks[b].name)
      return program.blocks[b].kind;
  return "";
}

/// The data that training reads from columns, each declaration once.
std::vector<const gan_input *> boundData(const gan_program &program) {
  std::vector<const gan_input *> out;
  const gan_graph &train = *findGraph(program, GAN_GRAPH_TRAIN);
  for (uint32_t i = 0; i < train.num_inputs; ++i)
    if (const gan_input &input = train.inputs[i];
        isBound(input) && std::none_of(out.begin(), out.end(), [&](const gan_input *other) {
          return declaredName(*other) == declaredName(input);
        }))
      out.push_back(&input);
  return out;
}

/// The data that a value stands for; null if there is none.
const gan_input *dataOf(const gan_program &program, const std::vector<const gan_input *> &bound,
                        const gan_observation &value) {
  std::string name = value.name, block = name.substr(0, name.find('.'));
  auto fits = [&](const gan_input *input) {
    return sizeOf(*input) * size_t(program.batch) == elementsOf(value.layout);
  };
  if (name != block) {
    auto own = std::find_if(bound.begin(), bound.end(),
                            [&](auto *input) { return declaredName(*input) == name.substr(block.size() + 1); });
    return own != bound.end() && fits(*own) ? *own : nullptr;
  }
  const gan_input *only = nullptr;
  std::string kind = kindOf(program, block);
  bool decoder = kind == "decoder" || kind.empty(); // a refinement is no block
  for (const gan_input *input : bound) {
    bool classes = input->kind == GAN_INPUT_LABEL && value.distribution == GAN_VALUE_CATEGORICAL;
    if (!fits(input) || (!decoder && !classes))
      continue;
    if (only)
      return nullptr;
    only = input;
  }
  return only;
}

std::string quoted(const std::string &cell) {
  if (cell.find_first_of(",\"\n") == std::string::npos)
    return cell;
  std::string out = "\"";
  for (char c : cell)
    out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

size_t eachOf(const Shown &shown) {
  size_t size = 1;
  for (size_t i = 1; i < shown.array.shape.size(); ++i)
    size *= size_t(shown.array.shape[i]);
  return size;
}

} // namespace

TableRows::TableRows(const gan_program &program, const gan_graph &graph, TableScheme known) : scheme(std::move(known)) {
  std::vector<const gan_input *> bound = boundData(program);
  std::set<std::string> taken;
  auto add = [&](const std::string &shown, const gan_input &data, int32_t input) {
    if (taken.insert(declaredName(data)).second)
      values.push_back({shown, declaredName(data), Words(data.columns, data.columns + data.num_columns),
                        data.kind == GAN_INPUT_LABEL, input});
  };
  for (uint32_t i = 0; i < graph.num_observations; ++i)
    if (graph.observations[i].kind == GAN_OBSERVE_VALUE)
      if (const gan_input *data = dataOf(program, bound, graph.observations[i]))
        add(graph.observations[i].name, *data, -1);
  if (values.empty()) // a graph that makes nothing of a table
    return;
  for (uint32_t i = 0; i < graph.num_inputs; ++i)
    for (const gan_input *data : bound)
      if (graph.inputs[i].name == declaredName(*data) && sizeOf(graph.inputs[i]) == sizeOf(*data))
        add(graph.inputs[i].name, *data, int32_t(i));
}

std::vector<std::pair<std::string, std::string>> TableRows::bound() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Value &value : values)
    if (value.input < 0)
      out.emplace_back(value.shown, value.data);
  return out;
}

void TableRows::completeWith(Generator &generator) const {
  for (const Value &value : values)
    if (value.input >= 0)
      generator.alsoShow(uint32_t(value.input));
}

std::vector<TableRows::Column> TableRows::columnsOf(const std::vector<Shown> &shown) const {
  std::vector<Column> out;
  for (const Shown &s : shown) {
    if (s.kind != GAN_OBSERVE_VALUE)
      continue;
    auto value = std::find_if(values.begin(), values.end(), [&](const Value &v) { return v.shown == s.array.name; });
    size_t count = value != values.end() && value->categories ? 1 : eachOf(s);
    for (size_t k = 0; k < count; ++k)
      if (value != values.end())
        out.push_back({value->columns[k], &s, &*value, k});
      else
        out.push_back({s.array.name + (count > 1 ? "." + std::to_string(k) : ""), &s, nullptr, k});
  }
  auto place = [&](const Column &column) {
    auto at = std::find(scheme.header.begin(), scheme.header.end(), column.name);
    return column.value && at != scheme.header.end() ? size_t(at - scheme.header.begin()) : scheme.header.size();
  };
  std::stable_sort(out.begin(), out.end(), [&](const Column &a, const Column &b) { return place(a) < place(b); });
  return out;
}

std::string TableRows::header(const std::vector<Shown> &shown) const {
  std::string out;
  for (const Column &column : columnsOf(shown))
    out += (out.empty() ? "" : ",") + quoted(column.name);
  return out + "\n";
}

std::string TableRows::cell(const Column &column, size_t sample) const {
  size_t each = eachOf(*column.shown);
  const float *numbers = column.shown->array.numbers.data() + sample * each;
  if (column.value && column.value->categories) {
    auto best = size_t(std::max_element(numbers, numbers + each) - numbers);
    auto names = scheme.categories.find(column.value->data);
    bool named = names != scheme.categories.end() && best < names->second.size();
    return named ? quoted(names->second[best]) : std::to_string(best);
  }
  auto number = double(numbers[column.element]);
  if (column.value)
    if (auto standard = scheme.standards.find(column.value->data); standard != scheme.standards.end())
      number = standard->second.undone(column.element, numbers[column.element]);
  char text[32];
  snprintf(text, sizeof text, "%.9g", number);
  return text;
}

std::string TableRows::lines(const std::vector<Shown> &shown) const {
  std::string out;
  std::vector<Column> columns = columnsOf(shown);
  for (size_t i = 0; i < size_t(shown.at(0).array.shape[0]); ++i) {
    for (size_t c = 0; c < columns.size(); ++c)
      out += (c ? "," : "") + cell(columns[c], i);
    out += '\n';
  }
  return out;
}

void TableRows::undo(std::vector<Shown> &shown) const {
  for (Shown &s : shown)
    for (const Value &value : values) {
      auto standard = scheme.standards.find(value.data);
      if (s.kind != GAN_OBSERVE_VALUE || s.array.name != value.shown || standard == scheme.standards.end())
        continue;
      size_t each = eachOf(s);
      for (size_t k = 0; k < s.array.numbers.size(); ++k)
        s.array.numbers[k] = float(standard->second.undone(k % each, s.array.numbers[k]));
    }
}

} // namespace ganrt
