# Tests of what ganc and gan-opt print.
import os

import lit.formats

config.name = "ganc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
build = lit_config.params["build"]
config.test_exec_root = os.path.join(build, "test-work", "lit")
config.environment["PATH"] = os.pathsep.join([build, lit_config.params["llvm"], os.environ["PATH"]])
config.environment["XDG_CACHE_HOME"] = os.path.join(build, "test-cache")
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.substitutions.append(("%models", os.path.join(os.path.dirname(config.test_source_root), "models")))
config.substitutions.append(("%tests", config.test_source_root))
