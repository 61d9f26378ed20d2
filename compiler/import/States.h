// States while a graph is built: the graph is a function of them, so each change makes a new version of a state. Here
// is which version of each is the current one, and the views of the parameters inside.
#pragma once

#include "compiler/import/Fields.h"
#include "compiler/import/OpMaker.h"

#include "llvm/Support/SaveAndRestore.h"
#include <map>

namespace gan {

/// Knows the current version of each state.
class States {
public:
  using Versions = std::map<std::string, mlir::Value>;

  States(const Fields &fields, OpMaker &ops) : fields(fields), ops(ops) {}

  const Versions &versions() const { return known.versions; }
  mlir::Value at(const std::string &name) const { return known.versions.at(name); }
  /// Null if there is no such state.
  mlir::Value find(const std::string &name) const;
  void set(const std::string &name, mlir::Value version) { known.versions[name] = version; }
  /// Puts `to` where `from` is a current version.
  void replace(mlir::Value from, mlir::Value to);

  /// A layer's parameter in the current version of its block's state; null if the layer has no such parameter.
  mlir::Value parameter(const dsl::Block &block, const dsl::Layer &layer, llvm::StringRef name);
  /// All parameters in a version of their block's state, or those of a label's layers, in the order in which they are
  /// packed.
  std::vector<mlir::Value> parameters(const dsl::Block &block, mlir::Value version, const dsl::Label *label);

  struct Known {
    Versions versions;
    std::map<std::pair<const void *, int64_t>, mlir::Value> views; ///< by version and offset
  };
  /// Until the result is destroyed, versions and views belong to a step's body.
  [[nodiscard]] llvm::SaveAndRestore<Known> enter() { return {known}; }
  /// Until the result is destroyed, what changes here does not matter outside.
  [[nodiscard]] llvm::SaveAndRestore<Versions> watch() { return {known.versions}; }

private:
  mlir::Value unpacked(mlir::Value version, const Field &field);

  const Fields &fields;
  OpMaker &ops;
  Known known;
};

} // namespace gan
