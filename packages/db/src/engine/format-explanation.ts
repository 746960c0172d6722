/** An explanation as text: one block per (sub)query, what was read first, what was weighed last. */
import type { ValueBounds } from '../query/entity-source.ts';
import type { AccessExplanation, IndexUse } from './describe-plan.ts';
import type { QueryExplanation } from './explain.ts';

export function formatExplanation(explanation: QueryExplanation): string {
  return block(explanation).join('\n');
}

function block(explanation: QueryExplanation): string[] {
  const { collection, access, filter, order, limit, after, reads, rowsReturned, considered } = explanation;
  const lines = [`${collection}: ${accessText(access)}`];
  const returned = rowsReturned === undefined ? '' : `, ${rowsReturned} returned`;
  const by = reads.map((read) => `${read.by} ×${read.times}: ${read.rows}`).join(', ');
  lines.push(`  rows: ${explanation.rowsExamined} examined${returned}${by === '' ? '' : ` (${by})`}`);
  if (filter.length > 0) lines.push(`  filter: ${filter.join(' and ')}`);
  lines.push(`  order: ${order.by.length === 0 ? 'id ASC' : order.by.join(', ')} (${order.strategy})`);
  if (after !== undefined)
    lines.push(`  after: ${JSON.stringify(after.values)}${after.inclusive ? ' (inclusive)' : ''}`);
  if (limit !== undefined) lines.push(`  limit: ${limit}`);
  lines.push('  considered:');
  for (const one of considered)
    lines.push(`    ${one.chosen ? '→' : ' '} ~${one.estimatedRows} rows: ${accessText(one.access)}`);
  for (const [alias, included] of Object.entries(explanation.include))
    lines.push(...section(`include ${alias}`, included));
  for (const subquery of explanation.exists) lines.push(...section('exists', subquery));
  for (const subquery of explanation.orderedBy) lines.push(...section('order by', subquery));
  return lines;
}

function section(title: string, explanation: QueryExplanation): string[] {
  return [`  ${title}`, ...block(explanation).map((line) => `    ${line}`)];
}

function accessText(access: AccessExplanation): string {
  switch (access.kind) {
    case 'none':
      return 'nothing can match';
    case 'scan':
      return 'every row';
    case 'ids':
      return access.ids === 1 ? '1 id' : `${access.ids} ids`;
    case 'index':
      return access.indexes.map(indexText).join(', ');
    case 'count':
      return `counted${access.indexes === undefined ? '' : ` by ${access.indexes.map(indexText).join(', ')}`}`;
    case 'union':
      return access.of.map(accessText).join(' or ');
    case 'related':
      return `by ${access.by}, from ${accessText(access.of)}`;
    case 'order': {
      const text = `in order of ${indexText(access.index)}`;
      const { fallback } = access;
      return fallback === undefined
        ? text
        : `${text}, after ${fallback.afterRows} rows instead ${accessText(fallback.access)}`;
    }
  }
}

function indexText({ index, bounds, reverse }: IndexUse): string {
  const text = boundsText(bounds);
  return `index ${index}${text === '' ? '' : ` ${text}`}${reverse === true ? ' (reverse)' : ''}`;
}

function boundsText(bounds: ValueBounds): string {
  if ('gte' in bounds && 'lte' in bounds && bounds.gte === bounds.lte) return `= ${JSON.stringify(bounds.gte)}`;
  const signs = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
  return Object.entries(bounds)
    .map(([bound, value]) => `${signs[bound as keyof ValueBounds]} ${JSON.stringify(value)}`)
    .join(' and ');
}
