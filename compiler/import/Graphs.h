// The graphs that every program has: train and evaluate.
#pragma once

#include "compiler/import/Declarations.h"

namespace gan {

/// One iteration: what is computed once, the metrics outside of the steps, and the steps. It changes the states.
void buildTrainGraph(const Declarations &declared);

/// Each metric and objective is one number per sample, so that the host can leave out the samples that pad the last
/// batch.
void buildEvaluateGraph(const Declarations &declared);

} // namespace gan
