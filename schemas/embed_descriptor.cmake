# Writes OUTPUT, the C++ source that holds the bytes of DESCRIPTOR (see schemas/documentation.cpp).
file(READ "${DESCRIPTOR}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}" "namespace thaw {\nextern const unsigned char kSchemaDescriptor[];\nextern const unsigned kSchemaDescriptorSize;\n"
  "const unsigned char kSchemaDescriptor[] = {\n${bytes}};\nconst unsigned kSchemaDescriptorSize = ${size};\n}  // namespace thaw\n")
