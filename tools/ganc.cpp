// ganc's main.
#include "compiler/driver/Commands.h"

int main(int argc, char **argv) { return gan::runGanc(argc, argv); }
