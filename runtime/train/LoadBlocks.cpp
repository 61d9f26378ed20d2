#include "runtime/train/LoadBlocks.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/program/Layout.h"

#include <algorithm>
#include <map>

namespace ganrt {
namespace {

/// The file of each block that has one.
std::map<std::string, std::string> filesOf(const gan_program &program, const Words &chosen) {
  std::map<std::string, std::string> files;
  Words names;
  for (uint32_t i = 0; i < program.num_blocks; ++i) {
    names.emplace_back(program.blocks[i].name);
    if (program.blocks[i].file)
      files[program.blocks[i].name] = program.blocks[i].file;
  }
  for (const std::string &choice : chosen) {
    size_t equals = choice.find('=');
    std::string name = choice.substr(0, equals);
    if (equals == std::string::npos)
      throw UserError("--load " + choice + ": BLOCK=FILE is expected");
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw UserError("--load " + choice + ": the model has no block " + name + "; it has " +
                      listed(names, names.size()));
    files[name] = choice.substr(equals + 1);
  }
  return files;
}

/// Whether the tensor is the block's own: a parameter or statistic, not what an optimizer or an average keeps for it.
bool isOwn(const gan_state &tensor, const std::string &block) {
  return tensor.role != GAN_ROLE_OPTIMIZER && std::string(tensor.name).starts_with(block + ".");
}

void load(const gan_program &program, State &state, const std::string &block, const std::string &path) {
  if (!pathExists(path))
    throw UserError(path + ": the tensors of block " + block + " are read from it, and it does not exist; --load " +
                    block + "=FILE names another file");
  TensorReader file(path);
  std::string wrong;
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_state &tensor = program.states[i];
    if (!isOwn(tensor, block))
      continue;
    std::string name = tensor.name;
    if (!file.entries().contains(name))
      name = name.substr(block.size() + 1);
    auto entry = file.entries().find(name);
    std::vector<int64_t> shape(tensor.layout.shape, tensor.layout.shape + tensor.layout.rank);
    if (entry == file.entries().end() || entry->second.shape != shape) {
      wrong += "\n  " + std::string(tensor.name) + " " + shapeText(shape) +
               (entry == file.entries().end() ? " is missing"
                                              : " is there with the shape " + shapeText(entry->second.shape));
      continue;
    }
    bytes.resize(bytesOf(tensor.layout));
    toInside(tensor.layout, file.read(name).values.data(), bytes.data());
    state.write(tensor, bytes.data());
  }
  if (!wrong.empty())
    throw UserError(path + ": does not fit block " + block + ":" + wrong);
}

} // namespace

void loadBlocks(const gan_program &program, State &state, const Words &chosen) {
  for (const auto &[block, path] : filesOf(program, chosen))
    load(program, state, block, path);
}

} // namespace ganrt
