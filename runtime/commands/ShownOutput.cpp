#include "runtime/commands/ShownOutput.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace ganrt {

std::string chooseFormat(const gan_graph &table, OutputOptions &options, const std::string &usual, bool rows) {
  std::vector<const gan_observation *> values;
  std::string names;
  bool anyPicture = false;
  for (uint32_t i = 0; i < table.num_observations; ++i)
    if (const gan_observation &o = table.observations[i]; o.kind == GAN_OBSERVE_VALUE) {
      names += (values.empty() ? "" : ", ") + std::string(o.name);
      anyPicture |= o.picture;
      values.push_back(&o);
    }
  bool picture = values.at(0)->picture, one = values.size() == 1;
  std::string suits = rows ? "csv" : picture ? "png" : one ? "npy" : "safetensors";
  if (options.out.empty())
    options.out = usual + "." + (options.format.empty() ? suits : options.format);
  std::string format = outputFormat(options.out, options.format, suits);
  if ((format == "png" || format == folderFormat) && !anyPicture)
    throw UserError(options.out + ": what the model makes (" + names + ") is no picture; write " +
                    (rows  ? ".csv"
                     : one ? ".npy or .safetensors"
                           : ".safetensors"));
  if (!(rows && format == "csv") && (format == "npy" || format == "csv") && !picture && !one)
    throw UserError(options.out + ": the model makes several values (" + names + ") and a ." + format +
                    " holds one array; write .safetensors");
  return format;
}

/// The first value that is a picture.
static const Shown &firstPicture(const std::vector<Shown> &shown) {
  auto found =
      std::find_if(shown.begin(), shown.end(), [](const Shown &s) { return s.kind == GAN_OBSERVE_VALUE && s.picture; });
  if (found == shown.end())
    throw std::logic_error("no value is a picture");
  return *found;
}

ShownOutput::ShownOutput(const OutputOptions &options, const std::string &format, int64_t count,
                         const std::string &what)
    : options(options), format(format), count(count) {
  if (isPicture() && count > mostInPicture)
    throw UserError(what + " asks for " + std::to_string(count) + " images, and at most " +
                    std::to_string(mostInPicture) +
                    " fit into a picture: -o FILE.npy takes any number, -o FOLDER/ makes a picture of each");
}

void ShownOutput::asTable(TableRows rows, Generator &generator) {
  if (!rows.any() || isPicture() || isFolder())
    return;
  if (format == "csv")
    rows.completeWith(generator);
  table = std::move(rows);
}

/// Adds a line for each sample.
void ShownOutput::writeRows(const std::vector<Shown> &batch) {
  if (!text) {
    text.emplace(options.out);
    text->write(table->header(batch));
  }
  text->write(table->lines(batch));
}

void ShownOutput::take(const std::vector<Shown> &given) {
  std::vector<Shown> batch = given;
  if (table && format != "csv")
    table->undo(batch);
  if (table && format == "csv") {
    writeRows(batch);
  } else if (isPicture() || isFolder()) {
    Grid images = pictures(firstPicture(batch));
    if (isFolder())
      writeEach(images);
    else if (taken)
      std::move(images.images.begin(), images.images.end(), std::back_inserter(grid.images));
    else
      grid = std::move(images);
  } else {
    if (!arrays)
      openArrays(batch);
    size_t i = 0;
    for (const Shown &s : batch)
      if (s.kind == GAN_OBSERVE_VALUE)
        arrays->append(i++, s.array.numbers);
  }
  taken += batch.at(0).array.shape[0];
}

void ShownOutput::openArrays(const std::vector<Shown> &batch) {
  std::vector<TensorHead> heads;
  for (const Shown &s : batch) {
    if (s.kind != GAN_OBSERVE_VALUE)
      continue;
    heads.push_back({s.array.name, s.array.shape, false});
    heads.back().shape[0] = count;
  }
  arrays.emplace(options.out, format, heads);
}

void ShownOutput::nameAs(const std::vector<std::string> &files) {
  auto safe = [](const std::string &file) { // which could lead out of the folder
    return !file.starts_with('/') && file.find("..") == std::string::npos;
  };
  std::set<std::string> known;
  for (const std::string &file : files)
    if (safe(file))
      known.insert(names.emplace_back(std::filesystem::path(file).replace_extension().string()));
  if (known.size() < files.size()) // "a.png" and "a.jpg" would be one file
    names.clear();
}

/// Writes each image as a file, named or numbered. All numbers have as many digits as the last needs, so that the names
/// sort in order.
void ShownOutput::writeEach(const Grid &images) {
  if (!taken)
    makeFolders(options.out);
  size_t digits = std::max<size_t>(4, std::to_string(count - 1).size());
  Grid one = images;
  one.padding = 0, one.columns = 1;
  for (size_t i = 0; i < images.images.size(); ++i) {
    std::string path = options.out + (options.out.ends_with('/') ? "" : "/"), name;
    if (names.empty())
      name = std::to_string(taken + int64_t(i)), name = std::string(digits - name.size(), '0') + name;
    else
      name = names[size_t(taken) + i];
    if (name.find('/') != std::string::npos)
      makeFolders(path + name.substr(0, name.find_last_of('/')));
    one.images = {images.images[i]};
    writePng(path + name + ".png", one, Durable::Later);
  }
}

void ShownOutput::finish(int64_t columns, std::vector<std::string> captions) {
  if (isPicture()) {
    grid.columns = columns, grid.captions = std::move(captions);
    return writePicture(options, std::move(grid));
  }
  if (arrays)
    arrays->commit();
  if (text)
    text->commit();
  if (options.out != "-")
    printf("%s\n", printable(options.out).c_str());
}

void writePicture(const OutputOptions &options, Grid grid) {
  grid.padding = options.padding;
  writeOutput(options.out, encodePng(grid).bytes);
  if (options.out != "-")
    printf("%s\n", printable(options.out).c_str());
}

} // namespace ganrt
