// The whole of a small program that ganc links around one kernel, to measure it under one schedule.
#pragma once

#include "runtime/program.h"

/// Arguments: THREADS SECONDS LIMIT ROOFLINE RESULTS COLD DEVICE. Runs the first kernel of the table on random data
/// over and over for that many seconds, on as many of the threads that trainers use (0: all that the machine has).
/// Writes to stdout a line of JSON, its times and what the machine is, and behind it, with RESULTS 1, the bytes of the
/// results of the first run. The alarm ends the process after LIMIT seconds. With ROOFLINE 1 it also measures what the
/// machine can do. With COLD 1 each run has other operands, of so many that they are in no cache, as in a step of
/// training, where other kernels ran meanwhile. DEVICE is as in --device: on a GPU its own clock tells the times, and
/// the machine is the card. Returns the exit status.
extern "C" int gan_measure_kernel(const gan_program *program, int argc, char **argv);
