// What is told of a model's samples beside data: distances, duplicates, classes, and what a classifier learns from
// them.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/generate/Quality.h"

namespace ganrt {

/// Adds the measures of samples against data to `values`. `suffix` tells the space that they are points of.
void addComparison(const Points &own, const Points &data, const std::string &suffix, Json &values);

/// What samples are compared with, and in which way.
struct QualityOf {
  const Dataset &data;  ///< images or rows that training has not seen, if there are such
  const Dataset *train; ///< those of training; null if they are not known
  int64_t count;        ///< how many samples, and images of each, at most
  std::string features; ///< a block in whose space they are compared too; "": none
};

/// Measures `count` samples: those of addComparison; how many of each class there are, by each classifier of the model
/// (`classes.BLOCK.samples`, `.data`), or where it has none by a LinearClassifier of labelled training data
/// (`classes.samples`, `.data`); and, where samples are made by the classes of the data, the classification accuracy
/// score (`cas`, Ravuri & Vinyals 2019): the share of the data that a LinearClassifier of samples with their classes
/// finds right, beside that of one of as much training data (`cas.real`). Samples of a table are compared as whole
/// rows, a number for each category. Empty if the model makes no samples in the data's shape or there are fewer than
/// ten. Throws UserError about `features`.
Json sampleQuality(const Session &session, const QualityOf &what);

/// Images as points, in PyTorch's order, in the model's range.
Points pointsOf(const gan_program &program, const Dataset &data, int64_t first, int64_t count);

/// Whether samples have the shape of the data.
bool samplesData(const gan_program &program, const Dataset &data);

} // namespace ganrt
