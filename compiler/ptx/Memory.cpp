// Loads and stores. A lane's address is looked up, its granules are marked, its bytes go to or from the rows of the
// registers; then the traffic of the whole warp is counted.
#include "compiler/ptx/Memory.h"
#include "compiler/ptx/Handlers.h"
#include "compiler/ptx/Spaces.h"

#include <algorithm>

namespace ptx {

Memory::Memory(const Module &m, const Kernel &k, const Launch &l, Counts &c)
    : module(m), kernel(k), launch(l), counts(c), sharedShift(std::countr_zero(unsigned(k.sharedGranule))),
      globalShift(std::countr_zero(unsigned(k.globalGranule))),
      sharedBytes(size_t(k.sharedBytes) + size_t(l.sharedBytes)), shared(sharedBytes + 16),
      local(size_t(k.localBytes) * size_t(l.block[0]) * size_t(l.block[1]) * size_t(l.block[2])) {
  if (l.sharedRaces) {
    sharedMarks.resize(sharedBytes / size_t(k.sharedGranule) + 1);
    sharedGranules = sharedMarks.data();
  }
  if (l.arguments.size() != k.params.size())
    throw std::invalid_argument(k.name + " has " + std::to_string(k.params.size()) + " parameters, the launch " +
                                std::to_string(l.arguments.size()) + " arguments");
  for (size_t i = 0; i < k.params.size(); ++i) {
    params.resize(size_t(k.params[i].offset) + 8);
    std::memcpy(params.data() + k.params[i].offset, &l.arguments[i], size_t(sizeOf(k.params[i].type)));
  }
  ranges.reserve(l.memory.size() + m.arrays.size());
  int number = 0;
  for (const Buffer &buffer : l.memory)
    addRange(buffer.host, buffer.bytes, buffer.written, number++);
  for (const Array &array : m.arrays)
    addRange(array.bytes.get(), array.size, nullptr, number++);
  auto before = [](const Range &a, const Range &b) { return a.begin < b.begin; };
  if (!std::is_sorted(ranges.begin(), ranges.end(), before))
    std::sort(ranges.begin(), ranges.end(), before);
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].begin + ranges[i - 1].bytes)
      throw std::invalid_argument(nameOf(ranges[i - 1]) + " and " + nameOf(ranges[i]) + " overlap");
}

void Memory::addRange(const uint8_t *begin, size_t bytes, uint8_t *written, int number) {
  if (bytes)
    ranges.push_back({hostAddress(begin), bytes, written, number});
}

std::string Memory::nameOf(const Range &range) const {
  size_t number = size_t(range.number), buffers = launch.memory.size();
  return number < buffers ? "buffer " + std::to_string(number) : module.arrays[number - buffers].name;
}

Range *Memory::rangeOf(uint64_t address, size_t bytes) {
  auto holds = [&](const Range &r) { return r.bytes >= bytes && address - r.begin <= r.bytes - bytes; };
  if (last && holds(*last))
    return last;
  auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address, [](uint64_t a, const Range &r) { return a < r.begin; });
  if (after == ranges.begin() || !holds(after[-1]))
    return nullptr;
  last = &after[-1];
  if (launch.globalRaces && !last->granules) {
    size_t count = last->bytes / size_t(kernel.globalGranule) + 2;
    last->granules = Zeros<Granule>(count);
    last->chunks.resize((count >> Range::chunkShift) + 2);
  }
  return last;
}

/// Says how far an address is from the nearest buffers.
std::string Memory::outside(uint64_t address) const {
  std::string text = "outside every buffer";
  for (const Range &r : ranges)
    if (address >= r.begin + r.bytes && address - r.begin - r.bytes < r.bytes + 4096)
      text = "outside every buffer, " + std::to_string(address - r.begin - r.bytes) + " bytes behind the end of " +
             nameOf(r);
    else if (address < r.begin && r.begin - address <= 4096)
      return text + ", " + std::to_string(r.begin - address) + " bytes before " + nameOf(r);
    else if (address >= r.begin && address < r.begin + r.bytes)
      return "goes over the end of " + nameOf(r);
  return text;
}

Spot Memory::findSlowly(const Warp &warp, int lane, Space space, uint64_t address, size_t bytes) {
  auto within = [&](size_t size, const char *what) {
    if (address >= size || size - address < bytes)
      warp.fault(lane, std::string("outside ") + what + ", which has " + std::to_string(size) + " bytes", address);
  };
  switch (space) {
  case Space::Param:
    within(params.size(), "the parameters");
    return {params.data() + address, nullptr, nullptr};
  case Space::Local:
    within(size_t(kernel.localBytes), "local memory");
    return {local.data() + size_t(warp.first + lane) * size_t(kernel.localBytes) + address, nullptr, nullptr};
  case Space::Shared:
    within(sharedBytes, "shared memory");
    break;
  default:
    if (!rangeOf(address, bytes))
      warp.fault(lane, outside(address), address);
    return inRange(address);
  }
  return {};
}

void Memory::unwritten(const Warp &warp, int lane, uint64_t address, const Spot &spot) const {
  const uint8_t *first = std::find(spot.written, spot.written + 8, 0);
  warp.fault(lane, "reads global memory that nothing wrote", address + uint64_t(first - spot.written));
}

void Memory::count(bool load, Space space, const Addresses &addresses, Mask lanes, int bytes) {
  if (!lanes || !launch.traffic)
    return;
  if (space == Space::Global) {
    ++(load ? counts.globalLoads : counts.globalStores);
    (load ? counts.sectorsLoaded : counts.sectorsStored) += uint64_t(sectorsOf(addresses, lanes, bytes));
  } else if (space == Space::Shared) {
    ++counts.sharedAccesses;
    counts.sharedPasses += uint64_t(passesOf(addresses, lanes, bytes));
  } else if (space == Space::Local) {
    ++counts.localAccesses;
  }
}

namespace {

/// The addresses of the active lanes; lanes with generic addresses fall apart into the spaces that these mean.
Addresses addressesOf(Warp &warp, const Instruction &i) {
  Addresses addresses;
  uint64_t offset = uint64_t(i.offset);
  if (i.flags & WideSource)
    each(warp.active, [&, base = warp.row<uint64_t>(i.src[0])](int l) { addresses[size_t(l)] = base[l] + offset; });
  else // addresses of 32 bits wrap around
    each(warp.active, [&, base = warp.row<uint32_t>(i.src[0])](int l) {
      addresses[size_t(l)] = uint32_t(base[l] + uint32_t(offset));
    });
  return addresses;
}

/// Calls f(space, lanes) for each space that the access goes to; addresses become those in the space.
template <class F> void bySpace(Warp &warp, const Instruction &i, Addresses &addresses, F f) {
  if (i.space != Space::Generic)
    return f(i.space, warp.active);
  constexpr std::array<Space, 3> meant{Space::Global, Space::Shared, Space::Local};
  std::array<Mask, 3> lanes{};
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    uint64_t &address = addresses[size_t(lane)];
    size_t which = size_t(std::find(meant.begin(), meant.end(), spaceOf(address)) - meant.begin());
    lanes[which] |= Mask(1) << lane;
    address -= windowOf(meant[which]);
  }
  for (size_t k = 0; k < meant.size(); ++k)
    if (lanes[k])
      f(meant[k], lanes[k]);
}

/// Calls f with a space as a constant, so that what is done for each lane knows it. What is neither shared nor global
/// is found on the slow path, where a constant is not needed.
template <class F> void withConstant(Space space, F f) {
  if (space == Space::Shared)
    f.template operator()<Space::Shared>();
  else if (space == Space::Global)
    f.template operator()<Space::Global>();
  else if (space == Space::Local)
    f.template operator()<Space::Local>();
  else if (space == Space::Param)
    f.template operator()<Space::Param>();
  else
    f.template operator()<Space::Const>();
}

/// T is the type in memory, Word that of the registers' rows. False if a byte was never written.
template <class T, class Word>
bool loadDirectly(const Direct &from, const Addresses &addresses, Mask lanes, Word *row, size_t offset) {
  bool missing = false;
  each(lanes, [&](int lane) {
    T value;
    std::memcpy(&value, Direct::place(from.data + offset + addresses[size_t(lane)]), sizeof(T));
    row[lane] = Word(value);
  });
  if (from.noted)
    each(lanes, [&](int lane) {
      missing |= hasZeroByte<sizeof(T)>(Direct::place(from.written + offset + addresses[size_t(lane)]));
    });
  return !missing;
}
template <class T, class Word>
void storeDirectly(const Direct &to, const Addresses &addresses, Mask lanes, const Word *row, size_t offset) {
  for (Mask rest = lanes; rest; rest &= rest - 1) { // one after the other: they may write the same place
    int lane = std::countr_zero(rest);
    T value = T(row[lane]);
    std::memcpy(Direct::place(to.data + offset + addresses[size_t(lane)]), &value, sizeof(T));
    if (to.noted)
      std::memset(Direct::place(to.written + offset + addresses[size_t(lane)]), 1, sizeof(T));
  }
}

template <Space space, class T, class Word>
void loadLanes(Warp &warp, const Addresses &addresses, Mask lanes, const std::array<Word *, 4> &rows, size_t length) {
  Memory &memory = warp.context.memory;
  size_t bytes = sizeof(T) * length;
  if (Direct from; memory.directly<space>(addresses, lanes, bytes, from)) {
    bool written = true;
    for (size_t k = 0; k < length; ++k)
      written &= loadDirectly<T>(from, addresses, lanes, rows[k], k * sizeof(T));
    if (written)
      return;
  }
  for (Mask rest = lanes; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    uint64_t address = addresses[size_t(lane)];
    Spot spot = memory.find<space>(warp, lane, address, bytes);
    for (size_t k = 0; k < length; ++k, spot = memory.after<space, T>(spot)) {
      memory.noteRead<space, T>(warp, lane, address + k * sizeof(T), spot);
      T value;
      std::memcpy(&value, spot.place, sizeof(T));
      rows[k][lane] = Word(value);
    }
  }
}

template <Space space, class T, class Word>
void storeLanes(Warp &warp, const Addresses &addresses, Mask lanes, const std::array<const Word *, 4> &rows,
                size_t length) {
  Memory &memory = warp.context.memory;
  size_t bytes = sizeof(T) * length;
  if (Direct to; memory.directly<space>(addresses, lanes, bytes, to)) {
    for (size_t k = 0; k < length; ++k)
      storeDirectly<T>(to, addresses, lanes, rows[k], k * sizeof(T));
    return;
  }
  for (Mask rest = lanes; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    uint64_t address = addresses[size_t(lane)];
    Spot spot = memory.find<space>(warp, lane, address, bytes);
    for (size_t k = 0; k < length; ++k, spot = memory.after<space, T>(spot)) {
      T value = T(rows[k][lane]);
      memory.noteWrite<space, T>(warp, lane, address + k * sizeof(T), spot, value);
      std::memcpy(spot.place, &value, sizeof(T));
    }
  }
}

template <class T, class Word> void load(Warp &warp, const Instruction &i) {
  Addresses addresses = addressesOf(warp, i);
  std::array<Word *, 4> rows{};
  for (size_t k = 0; k < i.vector; ++k)
    rows[k] = warp.row<Word>(i.dst[k]);
  bySpace(warp, i, addresses, [&](Space which, Mask lanes) {
    withConstant(which, [&]<Space space> { loadLanes<space, T>(warp, addresses, lanes, rows, i.vector); });
    warp.context.memory.count(true, which, addresses, lanes, int(sizeof(T)) * i.vector);
  });
}

template <class T, class Word> void store(Warp &warp, const Instruction &i) {
  Addresses addresses = addressesOf(warp, i);
  std::array<const Word *, 4> rows{};
  for (size_t k = 0; k < i.vector; ++k)
    rows[k] = warp.row<Word>(i.src[k + 1]);
  bySpace(warp, i, addresses, [&](Space which, Mask lanes) {
    withConstant(which, [&]<Space space> { storeLanes<space, T>(warp, addresses, lanes, rows, i.vector); });
    warp.context.memory.count(false, which, addresses, lanes, int(sizeof(T)) * i.vector);
  });
}

template <class T> void addAccess(Handlers &table, const std::string &type) {
  table["ld." + type + ".narrow"] = &load<T, uint32_t>;
  table["ld." + type + ".wide"] = &load<T, uint64_t>;
  table["st." + type + ".narrow"] = &store<T, uint32_t>;
  table["st." + type + ".wide"] = &store<T, uint64_t>;
}

} // namespace

void addMemory(Handlers &table) {
  addAccess<uint8_t>(table, "b8");
  addAccess<uint16_t>(table, "b16");
  addAccess<uint32_t>(table, "b32");
  addAccess<uint64_t>(table, "b64");
  addAccess<int8_t>(table, "s8");
  addAccess<int16_t>(table, "s16");
  addAccess<int32_t>(table, "s32");
}

} // namespace ptx
