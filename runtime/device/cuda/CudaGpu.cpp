#include "runtime/device/cuda/CudaGpu.h"
#include "runtime/base/Error.h"
#include "runtime/device/cuda/CompiledCode.h"
#include "runtime/device/cuda/Driver.h"
#include "runtime/device/cuda/FiniteText.h"
#include "runtime/device/cuda/RanksCards.h"
#include "runtime/device/gpu/ChooseText.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ganrt {
namespace {

using namespace cuda;

class CudaSequence : public GpuSequence {
public:
  CudaSequence(const Driver &driver, Exec exec) : driver(driver), exec(exec) {}
  ~CudaSequence() override { driver.destroyExec(exec); }
  CudaSequence(const CudaSequence &) = delete;
  CudaSequence &operator=(const CudaSequence &) = delete;
  const Driver &driver;
  Exec exec;
};

class CudaGpu : public Gpu {
public:
  explicit CudaGpu(int index) : index(index) {
    if (int status = driver.init(0); status == NoDevice)
      throw UserError("there is no NVIDIA card");
    else
      driver.check(status, "starting the NVIDIA driver");
    int count = 0;
    driver.check(driver.deviceCount(&count), "counting cards");
    if (index >= count)
      throw UserError("there is no card cuda:" + std::to_string(index) + ": " +
                      (count ? "the last one is cuda:" + std::to_string(count - 1) : "there is no NVIDIA card"));
    driver.check(driver.device(&device, index), "opening the card");
    char text[256] = "";
    driver.check(driver.deviceName(text, sizeof text, device), "reading the card's name");
    model = text;
    capability = 10 * attribute(75) + attribute(76);
    int version = 0;
    driver.check(driver.version(&version), "reading the driver's version");
    compiled.emplace("sm_" + std::to_string(capability) + ", driver " + std::to_string(version));
    driver.check(driver.retain(&context, device), "opening the card");
    driver.check(driver.setCurrent(context), "opening the card");
    constexpr unsigned onItsOwn = 1, withoutTime = 2;
    driver.check(driver.createStream(&work, onItsOwn), "making a stream");
    driver.check(driver.createStream(&copies, onItsOwn), "making a stream");
    for (unsigned s = 0; s < slots; ++s) {
      driver.check(driver.createEvent(&uploaded[s], withoutTime), "making an event");
      driver.check(driver.createEvent(&ended[s], withoutTime), "making an event");
    }
    driver.check(driver.createEvent(&reached, withoutTime), "making an event");
    driver.check(driver.createEvent(&began, 0), "making an event");
    driver.check(driver.createEvent(&timed, 0), "making an event");
  }

  std::string name() const override { return "cuda:" + std::to_string(index) + " (" + model + ")"; }

  GpuBuffer allocate(size_t bytes) override {
    Pointer memory = 0;
    int status = driver.allocate(&memory, bytes);
    if (status == OutOfMemory)
      throw OutOfGpuMemory{bytes};
    driver.check(status, "allocating memory of the card");
    driver.check(driver.fill(memory, 0, bytes), "clearing memory of the card");
    return memory;
  }
  void release(GpuBuffer buffer) override { driver.free(buffer); }
  MemorySize memorySize() const override {
    size_t unused = 0, all = 0;
    driver.check(driver.memoryInfo(&unused, &all), "asking for the card's memory");
    return {unused, all};
  }

  void *pinned(size_t bytes) override {
    void *memory = nullptr;
    driver.check(driver.allocateHost(&memory, bytes, 0), "allocating memory for copies");
    return memory;
  }
  void unpin(void *memory) override { driver.freeHost(memory); }

  void write(GpuPlace to, const void *from, size_t bytes) override {
    finish();
    driver.check(driver.toCard(address(to), from, bytes), "copying to the card");
    finish(); // the driver may return while the last part is still on its way
  }
  void read(void *to, GpuPlace from, size_t bytes) override {
    finish();
    driver.check(driver.toHost(to, address(from), bytes), "copying from the card");
  }
  void copy(GpuPlace to, GpuPlace from, size_t bytes) override {
    finish();
    driver.check(driver.onCard(address(to), address(from), bytes), "copying on the card");
    finish();
  }
  void finish() override {
    if (cards) {
      driver.check(driver.record(reached, work), "marking the end of work");
      awaitEvent(reached);
    }
    driver.check(driver.synchronize(), "running kernels");
  }

  std::string join(Ranks &ranks) override {
    nccl.emplace();
    char card[32] = "";
    driver.check(driver.busId(card, sizeof card, device), "reading where the card is");
    std::string why = RanksCards::missing(*nccl, ranks, card);
    if (why.empty())
      connect(ranks);
    return why;
  }
  bool joined() const override { return cards.has_value(); }

  std::optional<bool> finite(GpuBuffer buffer, const std::vector<FloatRange> &floats) override {
    if (!loadFinite())
      return std::nullopt;
    finish();
    driver.check(driver.fill(finiteMemory, 0, sizeof(uint32_t) * finiteResults), "clearing memory of the card");
    finish();
    for (const FloatRange &range : floats) {
      Pointer at = buffer + range.at, results = finiteMemory;
      uint64_t count = range.count;
      void *parameters[] = {&at, &count, &results};
      driver.check(driver.launch(finiteKernel, finiteBlocks, 1, 1, finiteThreads, 1, 1, 0, work, parameters, nullptr),
                   "launching a kernel");
    }
    finish();
    uint32_t broken[finiteResults];
    driver.check(driver.toHost(broken, finiteMemory, sizeof broken), "copying from the card");
    return std::none_of(std::begin(broken), std::end(broken), [](uint32_t found) { return found != 0; });
  }

  std::vector<std::vector<GpuFunction>> load(const std::vector<const gan_device_kernel *> &kernels,
                                             const uint8_t *code) override {
    std::vector<std::vector<GpuFunction>> functions;
    for (const gan_device_kernel *kernel : kernels)
      functions.push_back(functionsOf(*kernel, loadModule(*kernel, code)));
    if (std::exchange(compiledMore, false))
      compiled->shrink();
    return functions;
  }

  GpuFunction choose() override {
    if (Module module = nullptr;
        !std::exchange(chooseTried, true) && !driver.load(&module, choosePtx, 0, nullptr, nullptr))
      driver.check(driver.function(&chooseFunction, module, chooseName), "finding a kernel's function");
    return chooseFunction;
  }

  void run(const GpuStep &step) override {
    if (step.mean)
      return cards->mean(address(step.from), step.mean, work);
    std::vector<Pointer> addresses;
    std::vector<void *> parameters = parametersOf(step, addresses);
    const gan_launch &l = *step.launch;
    driver.check(driver.launch(static_cast<Function>(step.function), l.grid[0], l.grid[1], l.grid[2], l.block[0],
                               l.block[1], l.block[2], l.shared, work, parameters.data(), nullptr),
                 "launching a kernel");
  }

  std::unique_ptr<GpuSequence> prepare(const std::vector<GpuStep> &steps) override {
    Graph graph = newGraph();
    addSteps(graph, {}, steps);
    return instantiate(graph);
  }
  std::unique_ptr<GpuSequence> prepareTimed(const std::vector<GpuStep> &steps) override {
    Graph graph = newGraph();
    Node begin = addEvent(graph, {}, began);
    addEvent(graph, addSteps(graph, {begin}, steps), timed);
    return instantiate(graph);
  }
  double time(GpuSequence &sequence) override {
    driver.check(driver.launchGraph(static_cast<CudaSequence &>(sequence).exec, work), "launching a graph");
    finish();
    float milliseconds = 0;
    driver.check(driver.elapsed(&milliseconds, began, timed), "reading the time of a kernel");
    return milliseconds * 1e-3;
  }

  void start(GpuSequence &sequence, const GpuUpload &upload, unsigned slot) override {
    if (upload.bytes) { // on a stream of its own, so that it overlaps with the sequence before
      driver.check(driver.toCardLater(address(upload.to), upload.from, upload.bytes, copies), "copying to the card");
      driver.check(driver.record(uploaded[slot], copies), "marking a copy");
      driver.check(driver.waitFor(work, uploaded[slot], 0), "waiting for a copy");
    }
    driver.check(driver.launchGraph(static_cast<CudaSequence &>(sequence).exec, work), "launching a graph");
    driver.check(driver.record(ended[slot], work), "marking the end of a graph");
  }
  void await(unsigned slot) override { awaitEvent(ended[slot]); }

private:
  static Pointer address(const GpuPlace &place) { return place.buffer + place.offset; }

  /// With cards of other ranks the process must not sleep in the driver: what it waits for may never come.
  void awaitEvent(Event event) {
    if (!cards)
      return driver.check(driver.await(event), "running kernels");
    cards->wait([&] {
      int status = driver.query(event);
      if (status != NotReady)
        driver.check(status, "running kernels");
      return status != NotReady;
    });
  }

  /// Connects the cards, and adds up some floats once: if that cannot work, it shows here, and NCCL makes what it needs
  /// before it is captured into graphs.
  void connect(Ranks &ranks) {
    cards.emplace(*nccl, ranks);
    Pointer tried = allocate(sizeof(float) * 32);
    cards->mean(tried, 32, work);
    finish();
    release(tried);
  }

  int attribute(int which) const {
    int value = 0;
    driver.check(driver.attribute(&value, which, device), "reading the card's properties");
    return value;
  }

  /// Loads the kernel of FiniteText.h when it is first needed. Returns false if the driver cannot compile it, as in
  /// containers without its compiler.
  bool loadFinite() {
    if (!finiteTried) {
      finiteTried = true;
      Module module = nullptr;
      if (!driver.load(&module, finiteText, 0, nullptr, nullptr) &&
          !driver.function(&finiteKernel, module, "ganc_finite") &&
          driver.allocate(&finiteMemory, sizeof(uint32_t) * finiteResults))
        finiteKernel = nullptr;
    }
    return finiteKernel;
  }

  std::vector<GpuFunction> functionsOf(const gan_device_kernel &kernel, Module module) const {
    std::vector<GpuFunction> functions;
    for (uint32_t l = 0; l < kernel.num_launches; ++l) {
      Function function = nullptr;
      driver.check(driver.function(&function, module, kernel.launches[l].function), "finding a kernel's function");
      constexpr int mostShared = 8;         // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
      constexpr uint32_t always = 48 << 10; // what a block may have without asking
      if (kernel.launches[l].shared > always)
        driver.check(driver.setAttribute(function, mostShared, int(kernel.launches[l].shared)),
                     "asking for shared memory");
      functions.push_back(function);
    }
    return functions;
  }

  /// An image for this card, or one from which the driver makes code for it.
  Module loadModule(const gan_device_kernel &kernel, const uint8_t *code) {
    int status = NoBinary;
    for (uint32_t i = 0; i < kernel.num_images; ++i) {
      const gan_image &image = kernel.images[i];
      if (*image.architecture && !fits(atoi(image.architecture + strlen("sm_"))))
        continue;
      Module module = nullptr;
      std::vector<uint8_t> bytes = unpack(image.code, code);
      status = *image.architecture ? driver.load(&module, bytes.data(), 0, nullptr, nullptr)
                                   : loadText(module, reinterpret_cast<const char *>(bytes.data()));
      if (!status)
        return module;
    }
    if (status == NoBinary || status == InvalidPtx || status == PtxVersion)
      throw UserError(name() + " takes none of the code in this program: build it with --gpu-arch sm_" +
                      std::to_string(capability) + ", or update the NVIDIA driver");
    driver.check(status, "loading a kernel");
    return nullptr;
  }
  /// A text, as the driver compiled it before or compiles it now.
  int loadText(Module &module, const std::string &text) {
    if (std::optional<std::string> known = compiled->find(text))
      if (!driver.load(&module, known->data(), 0, nullptr, nullptr))
        return 0;
    Link link = nullptr;
    if (int status = driver.createLink(0, nullptr, nullptr, &link))
      return status;
    constexpr int ptx = 1; // CU_JIT_INPUT_PTX
    void *code = nullptr;
    size_t bytes = 0;
    std::string given = text;
    int status = driver.addToLink(link, ptx, given.data(), given.size() + 1, "kernel", 0, nullptr, nullptr);
    if (!status)
      status = driver.completeLink(link, &code, &bytes);
    if (!status)
      status = driver.load(&module, code, 0, nullptr, nullptr);
    if (!status) {
      compiled->store(text, std::string(static_cast<const char *>(code), bytes));
      compiledMore = true;
    }
    driver.destroyLink(link); // the code was its own
    return status;
  }
  /// Machine code runs on cards of the same generation that are not older.
  bool fits(int architecture) const {
    return architecture / 10 == capability / 10 && architecture % 10 <= capability % 10;
  }

  /// `addresses` is where the pointers point to.
  static std::vector<void *> parametersOf(const GpuStep &step, std::vector<Pointer> &addresses) {
    for (const GpuPlace &place : step.given)
      addresses.push_back(address(place));
    std::vector<void *> parameters;
    for (Pointer &a : addresses)
      parameters.push_back(&a);
    return parameters;
  }

  Graph newGraph() const {
    Graph graph = nullptr;
    driver.check(driver.createGraph(&graph, 0), "making a graph");
    return graph;
  }
  std::unique_ptr<GpuSequence> instantiate(Graph graph) const {
    Exec exec = nullptr;
    driver.check(driver.instantiate(&exec, graph, 0), "preparing a graph");
    driver.destroyGraph(graph);
    return std::make_unique<CudaSequence>(driver, exec);
  }

  /// Adds steps that depend on each other and start after these nodes. Returns the nodes.
  std::vector<Node> addSteps(Graph graph, const std::vector<Node> &start, const std::vector<GpuStep> &steps) const {
    std::vector<std::vector<uint32_t>> after = dependencies(steps);
    std::vector<Node> nodes;
    for (size_t i = 0; i < steps.size(); ++i) {
      std::vector<Node> earlier = after[i].empty() ? start : std::vector<Node>();
      for (uint32_t j : after[i])
        earlier.push_back(nodes[j]);
      nodes.push_back(steps[i].launch ? addLaunch(graph, earlier, steps[i])
                      : steps[i].mean ? addMean(graph, earlier, steps[i])
                                      : addCopy(graph, earlier, steps[i]));
    }
    return nodes;
  }

  Node addEvent(Graph graph, const std::vector<Node> &after, Event event) const {
    Node added = nullptr;
    driver.check(driver.addEvent(&added, graph, after.data(), after.size(), event), "adding to a graph");
    return added;
  }

  Node addLaunch(Graph graph, const std::vector<Node> &after, const GpuStep &step) const {
    std::vector<Pointer> addresses;
    std::vector<void *> parameters = parametersOf(step, addresses);
    KernelNode node{};
    node.function = static_cast<Function>(step.function);
    std::copy_n(step.launch->grid, 3, node.grid);
    std::copy_n(step.launch->block, 3, node.block);
    node.shared = step.launch->shared;
    node.parameters = parameters.data();
    Node added = nullptr;
    driver.check(driver.addKernel(&added, graph, after.data(), after.size(), &node), "adding to a graph");
    return added;
  }

  /// NCCL adds to graphs only what a stream captures: that becomes a graph of its own, which is one node here.
  Node addMean(Graph graph, const std::vector<Node> &after, const GpuStep &step) const {
    constexpr int relaxed = 2; // CU_STREAM_CAPTURE_MODE_RELAXED: NCCL may allocate meanwhile
    Graph captured = nullptr;
    driver.check(driver.beginCapture(work, relaxed), "beginning a part of a graph");
    cards->mean(address(step.from), step.mean, work);
    driver.check(driver.endCapture(work, &captured), "ending a part of a graph");
    Node added = nullptr;
    driver.check(driver.addChild(&added, graph, after.data(), after.size(), captured), "adding to a graph");
    driver.destroyGraph(captured);
    return added;
  }

  Node addCopy(Graph graph, const std::vector<Node> &after, const GpuStep &step) const {
    Copy copy{};
    copy.from.kind = Copy::Card;
    copy.from.card = address(step.from);
    copy.to.kind = Copy::Host;
    copy.to.host = step.to;
    copy.width = step.bytes;
    copy.height = copy.depth = 1;
    Node added = nullptr;
    driver.check(driver.addCopy(&added, graph, after.data(), after.size(), &copy, context), "adding to a graph");
    return added;
  }

  Driver driver;
  int index, device = 0, capability = 0;
  std::string model;
  std::optional<CompiledCode> compiled;
  bool compiledMore = false; ///< since `compiled` was shrunk
  Context context = nullptr;
  Stream work = nullptr, copies = nullptr;
  Event uploaded[slots]{}, ended[slots]{};
  Event reached = nullptr; ///< marks where `finish` was called
  bool finiteTried = false, chooseTried = false;
  Function chooseFunction = nullptr;
  Function finiteKernel = nullptr;
  Pointer finiteMemory = 0;               ///< its results
  Event began = nullptr, timed = nullptr; ///< of what `time` measures
  std::optional<Nccl> nccl;
  std::optional<RanksCards> cards; ///< of the ranks that this one shares batches with
};

} // namespace

std::unique_ptr<Gpu> openCuda(int index) { return std::make_unique<CudaGpu>(index); }

} // namespace ganrt
