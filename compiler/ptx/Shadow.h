// Who read and who wrote each granule of memory (the bytes of the kernel's smallest access), and when: enough to tell
// races. Time goes by epochs: one ends with each barrier of a block and with each block, so of two accesses in
// different epochs of one block the first one surely comes first, of two in one epoch or in two blocks nobody knows.
#pragma once

#include <cstdint>

namespace ptx {

struct Epochs {
  uint32_t now = 0;          ///< 0 is before the launch
  uint32_t firstOfBlock = 0; ///< the running block's
};

/// What is wrong with an access; null if nothing is.
using Complaint = const char *;

struct Granule {
  uint32_t writeEpoch = 0, readEpoch = 0; ///< of the last ones
  uint16_t writer = 0, reader = 0;        ///< threads of these epochs, `several`; and whether other blocks did, too

  static constexpr uint16_t several = 0x7fff, otherBlock = 0x8000;

  /// Shared memory: what blocks before left is not there.
  Complaint readShared(uint16_t thread, const Epochs &time) {
    if (writeEpoch < time.firstOfBlock)
      return "reads shared memory that nothing wrote";
    if (writeEpoch == time.now && writer != thread)
      return "race: reads what another thread wrote since the last barrier";
    note(readEpoch, reader, thread, time, 0);
    return nullptr;
  }
  Complaint writeShared(uint16_t thread, const Epochs &time) {
    if (readEpoch == time.now && reader != thread)
      return "race: overwrites what another thread read since the last barrier";
    if (writeEpoch == time.now && writer != thread)
      return "race: overwrites what another thread wrote since the last barrier";
    note(writeEpoch, writer, thread, time, 0);
    return nullptr;
  }

  /// Global memory. A store that changes nothing harms nobody.
  Complaint readGlobal(uint16_t thread, const Epochs &time) {
    if (byOtherBlock(writeEpoch, writer, time))
      return "race: reads what another block of the launch wrote";
    if (writeEpoch == time.now && (writer & several) != thread)
      return "race: reads what another thread wrote since the last barrier";
    note(readEpoch, reader, thread, time, otherBlock);
    return nullptr;
  }
  Complaint writeGlobal(uint16_t thread, const Epochs &time, bool changes) {
    if (changes) {
      if (byOtherBlock(readEpoch, reader, time))
        return "race: overwrites what another block of the launch read";
      if (readEpoch == time.now && (reader & several) != thread)
        return "race: overwrites what another thread read since the last barrier";
      if (byOtherBlock(writeEpoch, writer, time))
        return "race: overwrites what another block of the launch wrote";
      if (writeEpoch == time.now && (writer & several) != thread)
        return "race: overwrites what another thread wrote since the last barrier";
    }
    note(writeEpoch, writer, thread, time, otherBlock);
    return nullptr;
  }

private:
  static bool byOtherBlock(uint32_t epoch, uint16_t who, const Epochs &time) {
    return epoch != 0 && (epoch < time.firstOfBlock || (who & otherBlock) != 0);
  }
  static void note(uint32_t &epoch, uint16_t &who, uint16_t thread, const Epochs &time, uint16_t kept) {
    if (epoch == time.now) {
      if ((who & several) != thread)
        who |= several;
      return;
    }
    who = uint16_t(thread | (who & kept) | (epoch != 0 && epoch < time.firstOfBlock ? kept : 0));
    epoch = time.now;
  }
};

} // namespace ptx
