// The grid, its blocks and their warps. A warp runs until it waits at a barrier or ends. Lanes that branched apart wait
// for each other: those with the smallest program counter go on, which brings them together again behind the branch.
#include "compiler/ptx/Memory.h"
#include "compiler/ptx/Names.h"

#include <algorithm>
#include <cstdio>

namespace ptx {
namespace {

class Block {
public:
  Block(const Kernel &k, const Launch &l, Memory &memory)
      : kernel(k), launch(l), context{k, l, memory, {}}, threads(l.block[0] * l.block[1] * l.block[2]),
        executed(k.code.size(), 0), constants(k.slotNames.size(), false) {
    for (const Filled &f : k.filled)
      constants[f.slot] = true;
    for (int first = 0; first < threads; first += warpLanes) {
      warps.push_back(std::make_unique<Warp>(context, first, k.slotNames.size()));
      for (const Filled &f : k.filled)
        if (f.special < 0 && f.wide)
          fill<uint64_t>(*warps.back(), f.slot, [&](int) { return f.bits; });
        else if (f.special < 0)
          fill<uint32_t>(*warps.back(), f.slot, [&](int) { return f.bits; });
    }
  }

  void run(std::array<int, 3> place) {
    context.block = place;
    context.memory.startBlock();
    for (auto &warp : warps)
      start(*warp);
    isFirst = false;
    for (;;) {
      for (auto &warp : warps)
        while (runGroup(*warp)) {
        }
      if (!passBarrier())
        return;
      context.memory.passBarrier();
      ++barriers;
    }
  }

  Counts counted(Counts counts) const {
    counts.barriers = barriers;
    for (size_t pc = 0; pc < executed.size(); ++pc) {
      counts.warpInstructions += executed[pc];
      counts.fma += kernel.code[pc].flags & Fused ? executed[pc] : 0;
      counts.mma += kernel.code[pc].flags & Matrix ? executed[pc] : 0;
      if (launch.opcodes && executed[pc])
        counts.byOpcode[kernel.places[pc].opcode] += executed[pc];
    }
    return counts;
  }

private:
  template <class T, class F> static void fill(Warp &warp, uint32_t slot, F value) {
    for (int lane = 0; lane < warpLanes; ++lane)
      warp.row<T>(slot)[lane] = T(value(lane));
  }

  void start(Warp &warp) {
    warp.live = lanesOf(warp);
    warp.waiting = 0;
    warp.executed = 0;
    warp.pcs.fill(0);
    std::fill(warp.written.begin(), warp.written.end(), 0);
    if (!launch.unwrittenRegisters && !isFirst) // then they are zeros, whatever ran before
      for (uint32_t slot = 0; slot < warp.written.size(); ++slot)
        if (!constants[slot])
          warp.clear(slot);
    for (const Filled &f : kernel.filled) {
      warp.written[f.slot] = allLanes;
      if (f.special >= 0)
        fill<uint32_t>(warp, f.slot, [&](int lane) { return special(f.special, warp.first + lane); });
    }
  }

  /// In the order of `specialNames`.
  uint64_t special(int number, int thread) const {
    const std::array<int, 3> &b = launch.block, &g = launch.grid, &at = context.block;
    uint32_t lane = uint32_t(thread % warpLanes), bit = 1u << lane;
    const std::array<uint32_t, specialNames.size()> values{uint32_t(thread % b[0]),
                                                           uint32_t(thread / b[0] % b[1]),
                                                           uint32_t(thread / b[0] / b[1]),
                                                           lane,
                                                           uint32_t(b[0]),
                                                           uint32_t(b[1]),
                                                           uint32_t(b[2]),
                                                           uint32_t(g[0]),
                                                           uint32_t(g[1]),
                                                           uint32_t(g[2]),
                                                           uint32_t(at[0]),
                                                           uint32_t(at[1]),
                                                           uint32_t(at[2]),
                                                           uint32_t(thread / warpLanes),
                                                           uint32_t(warps.size()),
                                                           bit,
                                                           bit | (bit - 1),
                                                           bit - 1,
                                                           ~(bit - 1),
                                                           ~(bit - 1) & ~bit};
    return values[size_t(number)];
  }

  /// Runs the lanes with the smallest program counter until others have a smaller one, or they stop. False if no lane
  /// of the warp can run.
  bool runGroup(Warp &warp) {
    Mask ready = warp.live & ~warp.waiting, group = 0;
    if (!ready)
      return false;
    uint32_t pc = ~0u, others = ~0u; // the smallest program counters of the group and of the rest
    for (Mask rest = ready; rest; rest &= rest - 1)
      pc = std::min(pc, warp.pcs[size_t(std::countr_zero(rest))]);
    for (Mask rest = ready; rest; rest &= rest - 1) {
      int lane = std::countr_zero(rest);
      if (uint32_t at = warp.pcs[size_t(lane)]; at == pc)
        group |= Mask(1) << lane;
      else
        others = std::min(others, at);
    }
    while (group && pc < others) {
      const Instruction &i = fetch(warp, group, pc);
      Mask active = group;
      if (i.guard >= 0) {
        checkWritten(warp, group, uint32_t(i.guard));
        active &= i.guardNegated ? ~warp.mask(uint32_t(i.guard)) : warp.mask(uint32_t(i.guard));
      }
      warp.active = active;
      switch (i.control) {
      case Control::Straight:
        if (active)
          execute(warp, i);
        ++pc;
        break;
      case Control::Branch:
        if (active == group) {
          pc = uint32_t(i.target);
        } else if (active) {
          setPcs(warp, active, uint32_t(i.target));
          setPcs(warp, group & ~active, pc + 1);
          return true;
        } else {
          ++pc;
        }
        break;
      case Control::Return:
      case Control::Exit:
        warp.live &= ~active;
        group &= ~active;
        ++pc;
        break;
      case Control::Barrier:
        warp.waiting |= active;
        group &= ~active;
        setPcs(warp, active, ++pc);
        break;
      }
    }
    setPcs(warp, group, pc);
    return true;
  }

  static void setPcs(Warp &warp, Mask lanes, uint32_t pc) {
    for (; lanes; lanes &= lanes - 1)
      warp.pcs[size_t(std::countr_zero(lanes))] = pc;
  }

  const Instruction &fetch(Warp &warp, Mask group, uint32_t pc) {
    warp.pc = std::min(pc, uint32_t(kernel.code.size() - 1));
    if (pc >= kernel.code.size())
      warp.fault(std::countr_zero(group), "runs over the end of the kernel");
    if (++warp.executed > launch.maxInstructions)
      warp.fault(std::countr_zero(group),
                 "more than " + std::to_string(launch.maxInstructions) + " instructions: an endless loop");
    ++executed[pc];
    return kernel.code[pc];
  }

  void execute(Warp &warp, const Instruction &i) {
    Mask written = allLanes;
    for (size_t k = 0; k < i.numSrc; ++k)
      written &= warp.written[i.src[k]];
    if (warp.active & ~written && !i.takesUnwritten)
      for (size_t k = 0; k < i.numSrc; ++k)
        checkWritten(warp, warp.active, i.src[k]);
    i.execute(warp, i);
    for (size_t k = 0; k < i.numDst; ++k)
      warp.written[i.dst[k]] |= warp.active;
  }

  void checkWritten(Warp &warp, Mask lanes, uint32_t slot) {
    if (Mask missing = lanes & ~warp.written[slot]; missing && launch.unwrittenRegisters)
      warp.fault(std::countr_zero(missing), "reads register " + kernel.slotNames[slot] + ", which nothing wrote");
  }

  /// When no warp can go on: lets all through the barrier, or returns false if all have returned.
  bool passBarrier() {
    Warp *waiting = nullptr, *other = nullptr;
    bool gone = false;
    for (auto &warp : warps) {
      if (warp->waiting && !waiting)
        waiting = warp.get();
      gone |= warp->live != lanesOf(*warp);
      if (warp->waiting && barrierOf(*warp) != barrierOf(*waiting))
        other = warp.get();
      checkTogether(*warp);
    }
    if (!waiting)
      return false;
    if (gone)
      blame(*waiting, "a barrier that some threads never reach");
    if (other)
      blame(*other, "threads wait at different barriers");
    for (auto &warp : warps)
      warp->waiting = 0;
    return true;
  }

  /// Of most barriers all lanes of a warp must reach the same one. They may come after each other, where branches bring
  /// them together again: what counts is where they wait when none of them can go on.
  void checkTogether(Warp &warp) const {
    for (Mask rest = warp.waiting; rest; rest &= rest - 1) {
      uint32_t place = warp.pcs[size_t(std::countr_zero(rest))] - 1;
      if (place != placeOfBarrier(warp) &&
          (kernel.code[place].flags | kernel.code[placeOfBarrier(warp)].flags) & WholeWarp)
        blame(warp, "lanes of a warp wait at different barriers");
    }
  }

  /// The lanes that a warp has; the last one of a block may not be full.
  Mask lanesOf(const Warp &warp) const {
    return threads - warp.first >= warpLanes ? allLanes : (Mask(1) << (threads - warp.first)) - 1;
  }
  uint32_t placeOfBarrier(const Warp &warp) const { return warp.pcs[size_t(std::countr_zero(warp.waiting))] - 1; }
  int barrierOf(const Warp &warp) const { return kernel.code[placeOfBarrier(warp)].mode; }
  [[noreturn]] void blame(Warp &warp, const std::string &reason) const {
    warp.pc = placeOfBarrier(warp);
    warp.fault(std::countr_zero(warp.waiting), reason);
  }

  const Kernel &kernel;
  const Launch &launch;
  Context context;
  const int threads;
  std::vector<std::unique_ptr<Warp>> warps;
  std::vector<uint64_t> executed; ///< how often each instruction was
  std::vector<bool> constants;    ///< slots that are filled
  uint64_t barriers = 0;
  bool isFirst = true; ///< of the blocks that run here
};

void checkLaunch(const Kernel &kernel, const Launch &launch) {
  auto fail = [&](const std::string &message) { throw std::invalid_argument(kernel.name + ": " + message); };
  int64_t threads = 1;
  for (size_t d = 0; d < 3; ++d) {
    threads *= launch.block[d];
    if (launch.block[d] < 1 || launch.grid[d] < 1)
      fail("a launch without threads");
    if (kernel.threads[0] && kernel.threads[d] != launch.block[d])
      fail("the launch has other blocks than .reqntid says");
  }
  if (threads > 1024)
    fail("more than 1024 threads a block");
  const std::array<int, 3> &most = kernel.maxThreads;
  if (most[0] && threads > int64_t(most[0]) * most[1] * most[2])
    fail("the launch has more threads a block than .maxntid says");
  if (launch.sharedBytes < 0)
    fail("less than no shared memory");
}

} // namespace

void Warp::fault(int lane, const std::string &reason, uint64_t address) const {
  const Kernel &kernel = context.kernel;
  const Place &place = kernel.places[pc];
  const std::array<int, 3> &b = context.launch.block;
  int t = first + lane;
  std::array<int, 3> thread{t % b[0], t / b[0] % b[1], t / b[0] / b[1]};
  auto text = [](const std::array<int, 3> &v) {
    return std::to_string(v[0]) + " " + std::to_string(v[1]) + " " + std::to_string(v[2]);
  };
  std::string message = kernel.name + ", line " + std::to_string(place.line) + ": " + place.text + ": " + reason;
  if (address) {
    char number[32];
    std::snprintf(number, sizeof(number), "0x%llx", static_cast<unsigned long long>(address));
    message += std::string(", address ") + number;
  }
  message += "; block " + text(context.block) + ", thread " + text(thread);
  Fault fault(message, reason);
  fault.kernel = kernel.name;
  fault.instruction = place.text;
  fault.line = place.line;
  fault.block = context.block;
  fault.thread = thread;
  fault.address = address;
  throw fault;
}

Counts run(const Module &module, const std::string &name, const Launch &launch) {
  auto found = module.kernels.find(name);
  if (found == module.kernels.end())
    throw std::invalid_argument("no kernel '" + name + "'");
  const Kernel &kernel = found->second;
  checkLaunch(kernel, launch);
  Counts counts;
  Memory memory(module, kernel, launch, counts);
  Block block(kernel, launch, memory);
  uint64_t left = launch.maxBlocks;
  for (int z = 0; z < launch.grid[2]; ++z)
    for (int y = 0; y < launch.grid[1]; ++y)
      for (int x = 0; x < launch.grid[0] && left > 0; ++x, --left)
        block.run({x, y, z});
  if (launch.touched)
    memory.listTouched(*launch.touched);
  return block.counted(counts);
}

} // namespace ptx
