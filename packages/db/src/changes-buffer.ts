/** `@triplit/db/changes-buffer`: merging and inspecting change sets. */
export { areChangesEmpty, deepIsEmpty, isEmpty, mergeDBChanges } from './changes/merge-changes.ts';
export { SimpleMemoryWriteBuffer } from './changes/memory-write-buffer.ts';
