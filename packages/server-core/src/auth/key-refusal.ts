/** Why key material cannot be used: completes "SETTING cannot be used: …". It never quotes the material. */
export class KeyRefusal extends Error {
  override readonly name = 'KeyRefusal';

  static privateKey(): KeyRefusal {
    return new KeyRefusal('it holds a private key, which must stay with the issuer; paste the public key instead');
  }
}
