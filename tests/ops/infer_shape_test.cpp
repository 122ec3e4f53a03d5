// What shape inference says of operators that move or rename elements, where they do not fit: full text.
#include "tests/ops/operator_test.h"
#include "tests/ops/refusal.h"

namespace thaw {
namespace {

Refusal of(const std::string& name, const std::string& op, std::vector<Port> ports, Attributes attributes,
           const std::string& message) {
  return {name, {op, "", std::move(ports), std::move(attributes)}, "layer layer_1 " + message};
}

const std::vector<Port> kMatrix{{{2, 3}}};
const std::vector<Port> kPicture{{{2, 12, 4, 6}}};

const std::vector<Refusal> kRefusals{
    of("FlattenScalar", "Flatten", {{{}}}, {}, "(input): needs a batch, but its input is a scalar"),
    of("FlattenAxis", "Flatten", kMatrix, {{"axis", std::int64_t{3}}}, "(axis): names axis 3 of a tensor of rank 2"),
    of("ReshapeCount", "Reshape", kMatrix, {{"shape", Integers{5}}}, "(shape): holds another number of elements"),
    of("ReshapeUnresolved", "Reshape", kMatrix, {{"shape", Integers{-1, 2}}}, "(shape): has a negative extent"),
    of("CastToBytes", "Cast", kMatrix, {{"to", "u8"}}, "(to): must be f32 or i32, not 'u8'"),
    of("ConcatWithoutAxis", "Concat", kMatrix, {}, "(axis): must be given"),
    of("ConcatAxis", "Concat", kMatrix, {{"axis", std::int64_t{-3}}}, "(axis): names axis -3 of a tensor of rank 2"),
    of("ConcatUnequal", "Concat", {{{2, 3}}, {{3, 3}}}, {{"axis", std::int64_t{1}}},
       "(input): cannot join f32 2x3 and f32 3x3 along axis 1"),
    of("ConcatRanks", "Concat", {{{2, 3}}, {{2}}}, {{"axis", std::int64_t{0}}},
       "(input): cannot join f32 2x3 and f32 2 along axis 0"),
    of("ConcatTypes", "Concat", {{{2}}, {{2}, Fill::kIndices}}, {{"axis", std::int64_t{0}}},
       "(input): cannot join f32 2 and i32 2 along axis 0"),
    of("SplitSum", "Split", kMatrix, {{"axis", std::int64_t{1}}, {"split", Integers{1, 1}}},
       "(split): adds up to 2, but axis 1 has 3"),
    of("SplitNegative", "Split", kMatrix, {{"split", Integers{3, -1}}}, "(split): has a negative extent"),
    of("SplitAxis", "Split", kMatrix, {{"axis", std::int64_t{2}}, {"split", Integers{1}}},
       "(axis): names axis 2 of a tensor of rank 2"),
    of("GatherIndices", "Gather", {{{2, 3}}, {{2}}}, {}, "(input): needs integers as its indices"),
    of("GatherAxis", "Gather", {{{2, 3}}, {{2}, Fill::kIndices}}, {{"axis", std::int64_t{2}}},
       "(axis): names axis 2 of a tensor of rank 2"),
    of("ExpandUnequal", "Expand", kMatrix, {{"shape", Integers{4, 3}}}, "(shape): cannot make 4x3 of 2x3"),
    of("ExpandNegative", "Expand", {{{1}}}, {{"shape", Integers{-2}}}, "(shape): cannot make -2 of 1"),
    of("TileRank", "Tile", kMatrix, {{"repeats", Integers{2}}}, "(repeats): has 1 numbers, its input 2 axes"),
    of("TileNever", "Tile", kMatrix, {{"repeats", Integers{2, 0}}}, "(repeats): must be at least 1"),
    of("TransposeTwice", "Transpose", kMatrix, {{"perm", Integers{1, 1}}}, "(perm): must name each of the 2 axes once"),
    of("TransposeRank", "Transpose", kMatrix, {{"perm", Integers{0}}}, "(perm): must name each of the 2 axes once"),
    of("SliceEnds", "Slice", kMatrix, {{"starts", Integers{0, 0}}, {"ends", Integers{1}}},
       "(ends): has 1 numbers, starts has 2"),
    of("SliceAxesCount", "Slice", kMatrix, {{"starts", Integers{0}}, {"ends", Integers{1}}, {"axes", Integers{}}},
       "(axes): has 0 numbers, starts has 1"),
    of("SliceAxis", "Slice", kMatrix, {{"starts", Integers{0}}, {"ends", Integers{1}}, {"axes", Integers{2}}},
       "(axes): names axis 2 of a tensor of rank 2"),
    of("SliceAxisTwice", "Slice", kMatrix,
       {{"starts", Integers{0, 0}}, {"ends", Integers{1, 1}}, {"axes", Integers{1, -1}}}, "(axes): names axis 1 twice"),
    of("SliceStandsStill", "Slice", kMatrix, {{"starts", Integers{0}}, {"ends", Integers{1}}, {"steps", Integers{0}}},
       "(steps): must not be 0"),
    of("SliceStart", "Slice", kMatrix, {{"starts", Integers{-1}}, {"ends", Integers{1}}},
       "(starts): must be from 0 to 2 on axis 0, not -1"),
    of("SliceEnd", "Slice", kMatrix, {{"starts", Integers{0}}, {"ends", Integers{3}}},
       "(ends): must be from 0 to 2 on axis 0, not 3"),
    of("SliceStartBackwards", "Slice", kMatrix,
       {{"starts", Integers{2}}, {"ends", Integers{0}}, {"steps", Integers{-1}}},
       "(starts): must be from 0 to 1 on axis 0, not 2"),
    of("SliceEndBackwards", "Slice", kMatrix,
       {{"starts", Integers{1}}, {"ends", Integers{-2}}, {"steps", Integers{-1}}},
       "(ends): must be from -1 to 1 on axis 0, not -2"),
    of("PadCount", "Pad", kMatrix, {{"pads", Integers{1, 1}}},
       "(pads): has 2 numbers, must have two for each of 2 axes"),
    of("PadMode", "Pad", kMatrix, {{"pads", Integers{1, 1, 1, 1}}, {"mode", "mirror"}},
       "(mode): must be constant, reflect, edge or wrap, not 'mirror'"),
    of("PadCropsTooMuch", "Pad", kMatrix, {{"pads", Integers{0, -2, 5, -2}}},
       "(pads): crop more than the 3 elements of axis 1"),
    of("PadRepeatsNothing", "Pad", kMatrix, {{"pads", Integers{-2, 0, 1, 0}}, {"mode", "edge"}},
       "(mode): edge has nothing to repeat along axis 0"),
    of("DepthToSpaceRows", "DepthToSpace", kMatrix, {{"blocksize", std::int64_t{1}}},
       "(input): needs a picture (channels x height x width), but its input is 2x3"),
    of("DepthToSpaceChannels", "DepthToSpace", kPicture, {{"blocksize", std::int64_t{3}}},
       "(blocksize): 12 channels are no multiple of 9"),
    of("DepthToSpaceMode", "DepthToSpace", kPicture, {{"blocksize", std::int64_t{2}}, {"mode", "RCD"}},
       "(mode): must be DCR or CRD, not 'RCD'"),
    of("SpaceToDepthSize", "SpaceToDepth", kPicture, {{"blocksize", std::int64_t{4}}},
       "(blocksize): does not divide a picture of 4x6"),
    of("SpaceToDepthNoBlock", "SpaceToDepth", kPicture, {}, "(blocksize): must be at least 1"),
};

INSTANTIATE_TEST_SUITE_P(Shape, RefusalTest, ::testing::ValuesIn(kRefusals), RefusalTest::name_of);

}  // namespace
}  // namespace thaw
