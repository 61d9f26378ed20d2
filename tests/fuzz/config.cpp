// Reads files of options as --config does, up to the options of `sample`.
#include "runtime/commands/Command.h"
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] {
    std::string path = fuzz::writeFile("config.json", data, size);
    const CommandEntry *all[] = {&sampleEntry, &evaluateEntry};
    std::unique_ptr<Command> command = sampleEntry.make();
    if (std::optional<Given> given = parseOptions("fuzz", sampleEntry, *command, {"--config", path}, all))
      optionRecord(*command, *given, {});
    DataOptions options;
    completeData("fuzz", fuzz::folder(), options);
  });
}
