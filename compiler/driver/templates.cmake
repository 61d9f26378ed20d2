# Writes OUT, a C++ file with the text of each model of FOLDER.
file(GLOB models ${FOLDER}/*.gan)
list(SORT models)
set(rows "")
foreach(model ${models})
  get_filename_component(name ${model} NAME_WE)
  file(READ ${model} text)
  string(APPEND rows "      {\"${name}\", R\"gan(${text})gan\"},\n")
endforeach()
file(WRITE ${OUT} "// Made of models/*.gan by compiler/driver/templates.cmake.
#include \"compiler/driver/Templates.h\"

namespace gan {

const std::vector<Template> &templates() {
  static const std::vector<Template> all = {
${rows}  };
  return all;
}

} // namespace gan
")
