/** What the documents say about files is true: every path and every link in them leads somewhere. */
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { readRepositoryFile, repositoryFiles } from './source-files.ts';

const files = repositoryFiles();
const known = new Set([...files, ...files.flatMap(foldersAbove)]);
const documents = files.filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'));

test.each(documents)('%s: its links lead to files', (path) => {
  const text = withoutCodeBlocks(readRepositoryFile(path) ?? '');
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
  const missing = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !known.has(normalize(join(dirname(path), link)).replace(/\/$/, '')));
  expect(missing).toEqual([]);
});

test.each(documents)('%s: the source paths it names exist', (path) => {
  const text = withoutCodeBlocks(readRepositoryFile(path) ?? '');
  const named = [...text.matchAll(/`((?:packages|tests|tools|docs|examples)\/[\w./-]+)`/g)].map((match) =>
    match[1]!.replace(/\/$/, ''),
  );
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

function withoutCodeBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersAbove(folder)];
}
