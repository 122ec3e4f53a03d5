#include "runner/store/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

void require(int ok) {
  if (ok != 1) throw InternalError("SHA-256: OpenSSL refused");
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(context_->evp != nullptr);
  require(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) { require(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size())); }

void Sha256::add_sized(std::string_view bytes) {
  add_integer(static_cast<std::int64_t>(bytes.size()));
  add(bytes);
}

void Sha256::add_integer(std::int64_t value) {
  std::array<char, 8> bytes{};
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  add({bytes.data(), bytes.size()});
}

std::array<std::uint8_t, 32> Sha256::digest() {
  std::array<std::uint8_t, 32> digest{};
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_->evp, digest.data(), &size));
  return digest;
}

std::string Sha256::hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest()) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.hex();
}

}  // namespace thaw
