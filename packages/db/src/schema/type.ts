/** What can be done with a data type at run time. Published as the namespace `Type`. */
export { assign, assignDefaults, struct } from './assign.ts';
export { collectionKeyDecode, compileDecoder, decode } from './decode.ts';
export { defaultValue } from './defaults.ts';
export { collectionKeyEncode, encode, encodeChange, encodeEntity } from './encode.ts';
export { equal } from './equal-types.ts';
export { supportedOperations } from './operations.ts';
export { deserialize, serialize } from './serialize.ts';
export { hasConfigurableDefault, isOptional, isPrimitiveType } from './type-predicates.ts';
export { validateEncoded } from './validate-encoded.ts';
