// Makes state changes of layers. Outside of the steps each becomes a gan.step, because only a step can run in some
// iterations and not in others.
#include "compiler/import/Advances.h"

#include <set>

using namespace mlir;

namespace gan {

void Advances::advance(const std::string &state, llvm::function_ref<Value(Value old)> next) {
  Value version = states.at(state);
  if (position.step >= 0) {
    states.set(state, next(version));
    return;
  }
  if (users.empty())
    return;
  auto body = std::make_unique<Block>();
  Value old = body->addArgument(version.getType(), ops.loc);
  {
    OpBuilder::InsertionGuard guard(ops.b);
    ops.b.setInsertionPointToEnd(body.get());
    Value fresh = next(old);
    YieldOp::create(ops.b, ops.loc, fresh);
  }
  auto op = StepOp::create(ops.b, ops.loc, version.getType(), state, /*index=*/-1, /*every=*/1, /*times=*/1,
                           /*stream=*/-1, ArrayRef<int64_t>(), ops.b.getDenseI64ArrayAttr(users), ArrayAttr(), version);
  op.getBody().push_back(body.release());
  advancing.push_back(op);
  states.set(state, op.getResult(0));
}

void Advances::share(std::vector<StepOp> &made) {
  if (users.empty())
    return;
  llvm::append_range(made, advancing);
  advancing.clear();
  for (StepOp op : made) {
    std::set<int64_t> all(op.getUsers()->begin(), op.getUsers()->end());
    all.insert(users.begin(), users.end());
    op.setUsers(SmallVector<int64_t>(all.begin(), all.end()));
  }
}

} // namespace gan
