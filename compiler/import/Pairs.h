// Functions that cross the batch: all pairs of its samples, and permutations of it. They consist of products, sums and
// maxima, so they can be differentiated as often as one likes. In memory a pair has two leading dimensions, the sample
// that asks and the sample that is asked.
#pragma once

#include "compiler/import/Densities.h"

namespace gan {

/// A B^T over everything of a sample: (batch, batch).
mlir::Value pairwise(OpMaker &ops, mlir::Value a, mlir::Value b);
/// Squared distances of all pairs: (batch, batch).
mlir::Value distances(OpMaker &ops, mlir::Value a, mlir::Value b);
/// log of the average over j of q_j(v), of whole samples or, `each`, of each element by itself.
mlir::Value logMixture(OpMaker &ops, Densities &densities, const Distribution &q, mlir::Value v, bool each);
/// Each element takes that of another sample: `noise`, of v's shape, decides by its order along the batch.
mlir::Value shuffled(OpMaker &ops, mlir::Value v, mlir::Value noise);

} // namespace gan
