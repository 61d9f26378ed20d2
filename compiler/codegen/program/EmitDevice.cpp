#include "compiler/codegen/program/EmitDevice.h"
#include "compiler/Bug.h"
#include "runtime/program.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Compression.h"

namespace gan {
namespace {

class DeviceEmitter {
public:
  DeviceEmitter(CArrays &arrays, const ProgramDevice &device, const std::vector<ProgramKernel> &kernels,
                std::string &bytes)
      : arrays(arrays), device(device), kernels(kernels), bytes(bytes),
        prefix(device.api == DeviceApi::Cuda ? "cuda_" : "opencl_") {
    static_assert(int(DeviceApi::OpenCl) == GAN_DEVICE_OPENCL);
    static_assert(int(DeviceArgument::Constant) == GAN_GIVEN_CONSTANT);
  }

  std::string run() {
    std::vector<std::string> rows;
    for (size_t i = 0; i < kernels.size(); ++i)
      rows.push_back(kernel(kernels[i], device.kernels[i]));
    return cStruct({{"kind", device.api == DeviceApi::Cuda ? "GAN_DEVICE_CUDA" : "GAN_DEVICE_OPENCL"},
                    {"kernels", arrays.add("gan_device_kernel", prefix + "kernels", rows)}});
  }

private:
  /// A gan_blob with this content.
  std::string blob(const std::string &content) {
    ensure(llvm::compression::zlib::isAvailable(), "LLVM has no zlib");
    llvm::SmallVector<uint8_t> packed;
    llvm::compression::zlib::compress(llvm::arrayRefFromStringRef(content), packed);
    size_t offset = bytes.size();
    bytes.append(packed.begin(), packed.end());
    return cStruct({{"offset", std::to_string(offset)},
                    {"packed", std::to_string(packed.size())},
                    {"bytes", std::to_string(content.size())}});
  }

  std::string images(const std::string &name, const DeviceCode &code) {
    std::vector<std::string> rows;
    for (const DeviceImage &image : code.images)
      rows.push_back(cStruct({{"architecture", cString(image.architecture)}, {"code", blob(image.bytes)}}));
    rows.push_back(cStruct({{"architecture", "\"\""}, {"code", blob(code.text + '\0')}}));
    return arrays.add("gan_image", name + "_images", rows);
  }

  std::string launches(const std::string &name, const DeviceCode &code) {
    std::vector<std::string> rows;
    for (size_t i = 0; i < code.launches.size(); ++i) {
      const DeviceLaunch &launch = code.launches[i];
      static constexpr const char *kinds[] = {"GAN_GIVEN_ARGUMENT", "GAN_GIVEN_SCRATCH", "GAN_GIVEN_CONSTANT"};
      std::vector<std::string> given;
      for (const DeviceArgument &argument : launch.arguments)
        given.push_back(cStruct({{"kind", kinds[argument.kind]}, {"index", std::to_string(argument.index)}}));
      std::string list = arrays.add("gan_given", name + "_given_" + std::to_string(i), given);
      DeviceImage::Use use = code.images.empty() ? DeviceImage::Use() : code.images.front().uses[i];
      rows.push_back(cStruct({{"function", cString(launch.function)},
                              {"grid", cList(llvm::ArrayRef(launch.grid))},
                              {"block", cList(llvm::ArrayRef(launch.block))},
                              {"shared", std::to_string(launch.shared)},
                              {"given", list},
                              {"num_given", std::to_string(given.size())},
                              {"registers", std::to_string(use.registers)},
                              {"shared_declared", std::to_string(use.shared)},
                              {"stack", std::to_string(use.stack)}}));
    }
    return arrays.add("gan_launch", name + "_launches", rows);
  }

  std::string kernel(const ProgramKernel &kernel, const DeviceCode &code) {
    std::string name = prefix + kernel.info.symbol, imageRows = images(name, code), launchRows = launches(name, code);
    std::vector<std::string> scratch, constants;
    for (int64_t size : code.scratch)
      scratch.push_back(std::to_string(size));
    for (const std::string &content : code.constants)
      constants.push_back(blob(content));
    std::string scratchRows = arrays.add("uint64_t", name + "_scratch", scratch),
                constantRows = arrays.add("gan_blob", name + "_constants", constants);
    return cStruct({{"schedule", cString(kernel.deviceSchedule)},
                    {"images", imageRows},
                    {"num_images", std::to_string(code.images.size() + 1)},
                    {"launches", launchRows},
                    {"num_launches", std::to_string(code.launches.size())},
                    {"scratch", scratchRows},
                    {"num_scratch", std::to_string(scratch.size())},
                    {"constants", constantRows},
                    {"num_constants", std::to_string(constants.size())}});
  }

  CArrays &arrays;
  const ProgramDevice &device;
  const std::vector<ProgramKernel> &kernels;
  std::string &bytes;
  std::string prefix;
};

} // namespace

std::string emitDevice(CArrays &arrays, const ProgramDevice &device, const std::vector<ProgramKernel> &kernels,
                       std::string &bytes) {
  return DeviceEmitter(arrays, device, kernels, bytes).run();
}

} // namespace gan
