#include "runner/data/pictures/decode.h"

#include <fstream>
#include <limits>

#include "runner/data/pictures/picture_header.h"
#include "schemas/diagnostic.h"
#include "tests/data/picture_files.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

cv::Mat decode(const std::string& bytes) { return decode_picture(bytes_of(bytes)); }

std::string cause(const std::string& bytes) {
  try {
    decode(bytes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "decoded";
}

// The greatest difference of any value; 256: the sizes differ.
double difference(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() ? cv::norm(a, b, cv::NORM_INF) : 256;
}

TEST(Decode, ReadsEveryFormatInRedGreenBlue) {
  const cv::Mat picture = four_patches();
  for (const char* extension : {".png", ".bmp", ".tiff"}) {
    EXPECT_EQ(difference(decode(encoded(picture, extension)), picture), 0) << extension;
  }
  EXPECT_EQ(difference(decode(encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101})), picture), 0);
  // The others lose a little, most at the edges of colours.
  const auto mean_difference = [&](const std::string& bytes) {
    const cv::Mat found = decode(bytes);
    EXPECT_EQ(found.size(), picture.size());
    return cv::norm(found, picture, cv::NORM_L1) / static_cast<double>(picture.total() * 3);
  };
  EXPECT_LE(mean_difference(encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 95})), 20);
  EXPECT_LE(mean_difference(encoded(picture, ".jpg", {cv::IMWRITE_JPEG_QUALITY, 100})), 10);
  EXPECT_LE(mean_difference(encoded(picture, ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1})), 12);
}

TEST(Decode, KnowsSizesBeforeDecoding) {
  const cv::Mat picture = four_patches(9);
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".webp"}) {
    const PictureHeader header = read_picture_header(bytes_of(encoded(picture, extension)));
    EXPECT_EQ(header.height, 18) << extension;
    EXPECT_EQ(header.width, 36) << extension;
    EXPECT_EQ(header.orientation, 1) << extension;
  }
  const auto lossless = encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101});
  EXPECT_EQ(read_picture_header(bytes_of(lossless)).width, 36);
}

// Where the top left corner, the top right, the bottom left and the bottom right of the stored picture are seen.
// Source: EXIF 2.3, tag 274 ("the 0th row is at the visual ..., the 0th column ...").
struct Turn {
  int orientation;
  const char* corners;  ///< what is seen at top left, top right, bottom left, bottom right
};
constexpr Turn kTurns[] = {{1, "RGBW"}, {2, "GRWB"}, {3, "WBGR"}, {4, "BWRG"},
                           {5, "RBGW"}, {6, "BRWG"}, {7, "WGBR"}, {8, "GWRB"}};

std::string corners_of(const cv::Mat& picture) {
  std::string text;
  for (const cv::Point at : {cv::Point(0, 0), cv::Point(picture.cols - 1, 0), cv::Point(0, picture.rows - 1),
                             cv::Point(picture.cols - 1, picture.rows - 1)}) {
    const auto pixel = picture.at<cv::Vec3b>(at);
    const bool red = pixel[0] > 128, green = pixel[1] > 128, blue = pixel[2] > 128;
    text += red && green && blue ? 'W' : red ? 'R' : green ? 'G' : blue ? 'B' : '?';
  }
  return text;
}

TEST(Decode, TurnsPicturesUpright) {
  const std::string jpeg = encoded(four_patches(), ".jpg"), png = encoded(four_patches(), ".png");
  for (const Turn& turn : kTurns) {
    const bool is_on_its_side = turn.orientation >= 5;
    for (const bool is_big : {false, true}) {
      for (const std::string& bytes : {with_jpeg_exif(jpeg, exif_tiff(turn.orientation, is_big)),
                                       with_png_exif(png, exif_tiff(turn.orientation, is_big))}) {
        const cv::Mat picture = decode(bytes);
        EXPECT_EQ(corners_of(picture), turn.corners) << turn.orientation;
        EXPECT_EQ(picture.rows, is_on_its_side ? 32 : 16) << turn.orientation;
      }
    }
  }
}

std::uint32_t tag_of(const std::string& entry) {
  return static_cast<std::uint8_t>(entry[0]) | static_cast<std::uint32_t>(static_cast<std::uint8_t>(entry[1])) << 8;
}

// OpenCV writes little-endian TIFF, and no orientation: it takes the place of SampleFormat (339), which says the
// default.
std::string tiff_with_orientation(const cv::Mat& picture, int orientation) {
  std::string tiff = encoded(picture, ".tiff");
  const std::size_t directory = tag_of(tiff.substr(4, 2));
  const std::uint32_t count = tag_of(tiff.substr(directory, 2));
  std::vector<std::string> entries;
  for (std::uint32_t i = 0; i < count; ++i) entries.push_back(tiff.substr(directory + 2 + std::size_t{12} * i, 12));
  bool has_room = false;
  for (std::string& entry : entries) {
    if (tag_of(entry) != 339) continue;
    entry = std::string("\x12\x01\x03\0\x01\0\0\0", 8) + static_cast<char>(orientation) + std::string(3, '\0');
    has_room = true;
  }
  EXPECT_TRUE(has_room) << "OpenCV writes TIFF in another way";
  std::sort(entries.begin(), entries.end(),
            [](const std::string& a, const std::string& b) { return tag_of(a) < tag_of(b); });
  for (std::uint32_t i = 0; i < count; ++i) tiff.replace(directory + 2 + std::size_t{12} * i, 12, entries[i]);
  return tiff;
}

std::string little_endian(std::uint32_t value, int width) {
  std::string text = big_endian(value, width);
  std::reverse(text.begin(), text.end());
  return text;
}

// A WebP with an extended header, which is where EXIF may stand: its size once more, the picture's chunk, then EXIF.
std::string webp_with_exif(const cv::Mat& picture, const std::string& tiff) {
  constexpr char kHasExif = 0x08;
  const std::string simple = encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101});
  const std::string sizes = little_endian(static_cast<std::uint32_t>(picture.cols - 1), 3) +
                            little_endian(static_cast<std::uint32_t>(picture.rows - 1), 3);
  const std::string exif = tiff + (tiff.size() % 2 == 1 ? std::string(1, '\0') : "");
  const std::string body = "WEBPVP8X" + little_endian(10, 4) + kHasExif + std::string(3, '\0') + sizes +
                           simple.substr(12) + "EXIF" + little_endian(static_cast<std::uint32_t>(tiff.size()), 4) +
                           exif;
  return "RIFF" + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body;
}

TEST(Decode, TurnsTiffAndWebpUpright) {
  for (const Turn& turn : kTurns) {
    EXPECT_EQ(corners_of(decode(tiff_with_orientation(four_patches(), turn.orientation))), turn.corners)
        << turn.orientation;
    EXPECT_EQ(corners_of(decode(webp_with_exif(four_patches(), exif_tiff(turn.orientation)))), turn.corners)
        << turn.orientation;
  }
}

TEST(Decode, PassesOverDamagedExif) {
  const std::string jpeg = encoded(four_patches(), ".jpg");
  for (const std::string& tiff : {std::string("II*"), std::string("II*\0\xff\xff\xff\xff", 8), std::string("nonsense"),
                                  exif_tiff(0), exif_tiff(9), exif_tiff(6).substr(0, 12)}) {
    EXPECT_EQ(corners_of(decode(with_jpeg_exif(jpeg, tiff))), "RGBW");
  }
}

TEST(Decode, MakesEightBitColourOfEverything) {
  const cv::Mat grey(4, 5, CV_8UC1, cv::Scalar(77));
  EXPECT_EQ(difference(decode(encoded(grey, ".png")), cv::Mat(4, 5, CV_8UC3, cv::Scalar(77, 77, 77))), 0);
  EXPECT_EQ(difference(decode(encoded(grey, ".jpg", {cv::IMWRITE_JPEG_QUALITY, 100})),
                       cv::Mat(4, 5, CV_8UC3, cv::Scalar(77, 77, 77))),
            0);
  // 16 bits: the upper eight count.
  const cv::Mat deep(4, 5, CV_16UC3, cv::Scalar(0x1234, 0x80ff, 0xfe01));
  for (const char* extension : {".png", ".tiff"}) {
    const cv::Mat decoded = decode(encoded(deep, extension));
    EXPECT_LE(difference(decoded, cv::Mat(4, 5, CV_8UC3, cv::Scalar(0x12, 0x80, 0xfe))), 1) << extension;
  }
  // What is transparent keeps its colour.
  const cv::Mat clear(4, 5, CV_8UC4, cv::Scalar(10, 20, 30, 0));
  EXPECT_EQ(difference(decode(encoded(clear, ".png")), cv::Mat(4, 5, CV_8UC3, cv::Scalar(10, 20, 30))), 0);
}

TEST(Decode, ReadsPalettes) {
  // 2 x 1 pixels of 8-bit indices into {blue, orange}: filter byte, then the indices, as zlib's stored block.
  const std::string header = big_endian(2, 4) + big_endian(1, 4) + std::string("\x08\x03\0\0\0", 5);
  const std::string palette("\0\0\xff\xff\x80\0", 6);
  const std::string rows("\0\x01\0", 3);
  std::string packed(64, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
                     rows.size()),
            Z_OK);
  const std::string png = std::string("\x89PNG\r\n\x1a\n", 8) + png_chunk("IHDR", header) + png_chunk("PLTE", palette) +
                          png_chunk("IDAT", packed.substr(0, size)) + png_chunk("IEND", "");
  const cv::Mat picture = decode(png);
  ASSERT_EQ(picture.size(), cv::Size(2, 1));
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 128, 0));
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 1), cv::Vec3b(0, 0, 255));
}

// A JPEG of 8 x 8 pixels of one colour in four inks, as Adobe's programs store them: 255 is no ink.
std::string cmyk_jpeg(const std::vector<int>& inks) {
  const auto segment = [](char marker, const std::string& body) {
    return std::string("\xff") + marker + big_endian(static_cast<std::uint32_t>(body.size() + 2), 2) + body;
  };
  std::string frame("\x08\0\x08\0\x08\x04", 6), scan = "\x04";
  for (char component = 1; component <= 4; ++component) {
    frame += component + std::string("\x11\0", 2);
    scan += component + std::string(1, '\0');
  }
  // Twelve codes of four bits for the sizes 0..11 of the mean; one code of one bit: nothing follows.
  std::string means = '\0' + std::string("\0\0\0\x0c", 4) + std::string(12, '\0'), rest("\x10\x01", 2);
  for (char size = 0; size < 12; ++size) means += size;
  rest += std::string(16, '\0');
  std::string bits;
  for (const int ink : inks) {
    const int mean = ink - 128;  // a step of 8 undoes the transform's factor
    int size = 0;
    while (std::abs(mean) >> size != 0) ++size;
    const int value = mean < 0 ? mean + (1 << size) - 1 : mean;
    for (int bit = 3; bit >= 0; --bit) bits += static_cast<char>('0' + (size >> bit & 1));
    for (int bit = size - 1; bit >= 0; --bit) bits += static_cast<char>('0' + (value >> bit & 1));
    bits += '0';
  }
  while (bits.size() % 8 != 0) bits += '1';
  std::string data;
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    data += static_cast<char>(std::stoi(bits.substr(i, 8), nullptr, 2));
    if (data.back() == '\xff') data += '\0';
  }
  return "\xff\xd8" + segment('\xee', std::string("Adobe\0\x64\0\0\0\0\0", 12)) +
         segment('\xdb', '\0' + std::string(64, '\x08')) + segment('\xc0', frame) + segment('\xc4', means) +
         segment('\xc4', rest) + segment('\xda', scan + std::string("\0\x3f\0", 3)) + data + "\xff\xd9";
}

TEST(Decode, ReadsCmyk) {
  const auto off_by = [](const std::vector<int>& inks, const cv::Scalar& colour) {
    return difference(decode(cmyk_jpeg(inks)), cv::Mat(8, 8, CV_8UC3, colour));
  };
  EXPECT_LE(off_by({255, 0, 0, 255}, {255, 0, 0}), 1);
  EXPECT_LE(off_by({0, 255, 0, 255}, {0, 255, 0}), 1);
  EXPECT_LE(off_by({0, 0, 255, 255}, {0, 0, 255}), 1);
  EXPECT_LE(off_by({255, 255, 255, 255}, {255, 255, 255}), 1);
  EXPECT_LE(off_by({255, 255, 255, 0}, {0, 0, 0}), 1);
}

TEST(Decode, RefusesEveryTruncatedFile) {
  cv::Mat noise(24, 30, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const char* extension : {".jpg", ".png", ".webp"}) {
    const std::string whole = encoded(noise, extension);
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      EXPECT_NE(cause(whole.substr(0, size)), "decoded") << extension << " " << size << " of " << whole.size();
    }
  }
  // BMP and TIFF may end in bytes that say nothing.
  for (const char* extension : {".bmp", ".tiff"}) {
    const std::string whole = encoded(noise, extension);
    for (std::size_t size = 0; size + 200 < whole.size(); size += 31) {
      EXPECT_NE(cause(whole.substr(0, size)), "decoded") << extension << " " << size << " of " << whole.size();
    }
  }
}

TEST(Decode, SaysWhatIsWrong) {
  EXPECT_EQ(cause(""), "is empty");
  EXPECT_EQ(cause("GIF89a..."), "is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 47 49 46 38");
  EXPECT_EQ(cause("x"), "is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 78");
  const std::string jpeg = encoded(four_patches(), ".jpg");
  EXPECT_EQ(cause(jpeg.substr(0, jpeg.size() - 2)), "truncated: the JPEG data ends before its end-of-image marker");
  EXPECT_EQ(cause(jpeg.substr(0, 30)), "truncated: the JPEG data ends before its end-of-image marker");
  EXPECT_EQ(cause("\xff\xd8nonsense"), "damaged: no JPEG marker where one has to be");
  EXPECT_EQ(cause(std::string("\xff\xd8\xff\xe0\0\0", 6)), "damaged: a JPEG segment of impossible length");
  EXPECT_EQ(cause("\x89PNG\r\n\x1a\n"), "truncated: ends within its header");
  std::string png = encoded(four_patches(), ".png");
  png[45] ^= 0x55;
  EXPECT_EQ(cause(png), "cannot be decoded as PNG: damaged, truncated, or of a rare kind");
  EXPECT_EQ(cause("RIFF\x10\0\0\0WEBPnope"),
            "is no JPEG, PNG, BMP, WebP or TIFF: it begins with the bytes 52 49 46 46");
  EXPECT_EQ(cause(std::string("RIFF\x10\0\0\0WEBPnope", 16)), "damaged: a WebP without picture data");
}

TEST(Decode, RefusesPicturesThatAreTooLargeOrHaveNoPixels) {
  std::string png = encoded(four_patches(), ".png");
  png.replace(16, 8, big_endian(100'000, 4) + big_endian(2'001, 4));
  EXPECT_EQ(cause(png), "is too large: 100000 x 2001 pixels, the most is 200000000");
  png.replace(16, 8, big_endian(0, 4) + big_endian(5, 4));
  EXPECT_EQ(cause(png), "damaged: a PNG of 0 x 5 pixels");
  png.replace(16, 8, std::string(8, '\xff'));
  EXPECT_EQ(cause(png), "is too large: 4294967295 x 4294967295 pixels, the most is 200000000");
}

TEST(Decode, SurvivesEveryChangedByte) {
  const cv::Mat picture = four_patches(4);
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".webp"}) {
    const std::string whole = with_jpeg_exif(encoded(picture, ".jpg"), exif_tiff(6));
    const std::string bytes = std::string(extension) == ".jpg" ? whole : encoded(picture, extension);
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 700); ++i) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 0xa5);
      EXPECT_NE(cause(changed), "") << extension << " byte " << i;
    }
  }
}

}  // namespace
}  // namespace thaw
