// The whole of a small program that ganc links around one kernel, to measure it under one schedule.
#pragma once

#include "runtime/program.h"

/// Arguments: FILE_OF_TIMES FILE_OF_RESULTS THREADS SECONDS LIMIT ROOFLINE. Runs the first kernel of the table on
/// random data over and over for that many seconds, on as many of the threads that trainers use (0: all that the
/// machine has), and writes its times as JSON and the bytes of its results after the first run. The alarm ends the
/// process after LIMIT seconds. With ROOFLINE 1 it also measures what the machine can do. Returns the exit status.
extern "C" int gan_measure_kernel(const gan_program *program, int argc, char **argv);
