/** What it takes to compare two schemas, as one part to load when there is something to compare. */
export { diffSchemas } from './diff-schemas.ts';
export { getBackwardsIncompatibleEdits, getSchemaDiffIssues } from './schema-issues.ts';
