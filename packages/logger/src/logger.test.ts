import { describe, expect, test, vi } from 'vitest';
import { ConsoleHandler } from './console.ts';
import { LOG_LEVELS, Logger, logLevelNumberToLevelName } from './index.ts';
import type { LogHandler } from './index.ts';
import { MemoryHandler } from './memory.ts';
import { NullHandler } from './null.ts';

function memoryLogger(...rest: ConstructorParameters<typeof Logger> extends [any?, ...infer Rest] ? Rest : never) {
  const memory = new MemoryHandler();
  return {
    memory,
    logger: new Logger([memory], ...rest),
    messages: () => memory.logs.map(({ message }) => message as string),
  };
}

test('hands a record to every handler', () => {
  const first = new MemoryHandler();
  const second = new MemoryHandler();
  new Logger([first, second], { service: 'shop' }).info('hello', { n: 1 });
  expect(first.logs).toEqual([
    {
      level: 'INFO',
      message: 'hello',
      timestamp: expect.closeTo(Date.now(), -3),
      attributes: { n: 1 },
      resource: { service: 'shop' },
    },
  ]);
  expect(second.logs).toEqual(first.logs);
});

test('a record has only what it was given', () => {
  const { memory, logger: log } = memoryLogger();
  log.warn('bare');
  expect(Object.keys(memory.logs[0])).toEqual(['level', 'message', 'timestamp']);
});

describe('the level', () => {
  test.each([
    ['TRACE', ['trace', 'debug', 'info', 'log', 'warn', 'error', 'fatal']],
    ['DEBUG', ['debug', 'info', 'log', 'warn', 'error', 'fatal']],
    ['INFO', ['info', 'log', 'warn', 'error', 'fatal']],
    ['WARN', ['warn', 'error', 'fatal']],
    ['ERROR', ['error', 'fatal']],
    ['FATAL', ['fatal']],
    ['NONE', []],
  ] as const)('%s lets through what is as grave or graver', (level, expected) => {
    const { logger: log, messages } = memoryLogger(undefined, level);
    for (const method of ['trace', 'debug', 'info', 'log', 'warn', 'error', 'fatal'] as const) log[method](method);
    expect(messages()).toEqual(expected);
  });

  test('is INFO unless said otherwise, and can be changed in any case of letters', () => {
    const { logger: log, messages } = memoryLogger();
    log.debug('one');
    log.setLogLevel('debug');
    log.debug('two');
    log.setLogLevel('nonsense' as 'debug');
    log.debug('three');
    log.setLogLevel('none');
    log.fatal('four');
    expect(messages()).toEqual(['two', 'three']);
  });

  test('belongs to a severity number of OpenTelemetry', () => {
    expect([1, 4, 5, 9, 12, 13, 17, 21, 24].map(logLevelNumberToLevelName)).toEqual([
      'TRACE',
      'TRACE',
      'DEBUG',
      'INFO',
      'INFO',
      'WARN',
      'ERROR',
      'FATAL',
      'FATAL',
    ]);
    for (const [name, severity] of Object.entries(LOG_LEVELS)) expect(logLevelNumberToLevelName(severity)).toBe(name);
    expect([logLevelNumberToLevelName(0), logLevelNumberToLevelName(99)]).toEqual(['TRACE', 'FATAL']);
  });
});

describe('a context', () => {
  test('names the part that speaks and shares the handlers, later ones as well', () => {
    const { memory, logger: log } = memoryLogger();
    const sync = log.context('sync');
    const late = new MemoryHandler();
    log.registerHandler(late);
    sync.info('a');
    sync.context('socket').info('b');
    log.info('c');
    expect(memory.logs.map(({ context }) => context)).toEqual(['sync', 'sync:socket', undefined]);
    expect(late.logs).toEqual(memory.logs);
  });

  test('copies the level when it is made', () => {
    const { logger: log, messages } = memoryLogger();
    const before = log.context('before');
    log.setLogLevel('DEBUG');
    before.debug('no');
    log.context('after').debug('yes');
    before.setLogLevel('ERROR');
    log.info('still');
    expect(messages()).toEqual(['yes', 'still']);
  });
});

describe('registering handlers', () => {
  test('an exclusive handler is the last one', () => {
    const log = new Logger();
    const child = log.context('child');
    const [first, exclusive, late] = [new MemoryHandler(), new MemoryHandler(), new MemoryHandler()];
    expect(log.registerHandler(first)).toBe(true);
    expect(child.registerHandler(exclusive, { exclusive: true })).toBe(true);
    expect(log.registerHandler(late)).toBe(false);
    expect(child.registerHandler(late, { exclusive: true })).toBe(false);
    log.info('x');
    expect([first.logs.length, exclusive.logs.length, late.logs.length]).toEqual([1, 1, 0]);
  });

  test('a handler that is registered twice writes once', () => {
    const { memory, logger: log } = memoryLogger();
    log.registerHandler(memory);
    log.info('x');
    expect(memory.logs).toHaveLength(1);
  });
});

test('a handler that throws breaks neither the caller nor the other handlers', () => {
  const fail = (): never => {
    throw new Error('handler');
  };
  const broken: LogHandler = { log: fail, startSpan: fail, endSpan: fail, recordMetric: fail };
  const endless: LogHandler = {
    log: () => {},
    startSpan: () => 1,
    endSpan: fail,
    recordMetric: () => {},
  };
  const memory = new MemoryHandler();
  const log = new Logger([broken, endless, memory]);
  log.error('x');
  log.spanTrace('work').end();
  log.metric('m', 1);
  expect([memory.logs.length, memory.spans[0]?.endedAt !== undefined, memory.metrics.length]).toEqual([1, true, 1]);
});

test('a handler that rejects breaks nothing either', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const fail = async (): Promise<void> => Promise.reject(new Error('handler'));
  const log = new Logger([{ log: fail, startSpan: () => undefined, endSpan: fail, recordMetric: fail }]);
  log.error('x');
  log.metric('m', 1);
  log.spanTrace('work').end();
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('tells whether a handler of a kind is registered, also to contexts', () => {
  const log = new Logger([new MemoryHandler()]);
  const child = log.context('child');
  const isConsole = (handler: LogHandler): boolean => handler instanceof ConsoleHandler;
  expect(child.hasHandler(isConsole)).toBe(false);
  log.registerHandler(new ConsoleHandler());
  expect(child.hasHandler(isConsole)).toBe(true);
});

test('spans end once, at the end of the block or by hand, and know their context', () => {
  const { memory, logger: log } = memoryLogger();
  const ended = vi.spyOn(memory, 'endSpan');
  const span = log.context('sync').spanTrace('connect', { attempt: 1 });
  expect(memory.spans).toMatchObject([
    { name: 'connect', context: 'sync', attributes: { attempt: 1 }, endedAt: undefined },
  ]);
  span[Symbol.dispose]();
  span.end();
  expect(ended).toHaveBeenCalledOnce();
});

test('metrics are handed on', () => {
  const { memory, logger: log } = memoryLogger();
  log.metric('clients', 3, { region: 'eu' });
  expect(memory.metrics).toEqual([{ name: 'clients', value: 3, attributes: { region: 'eu' } }]);
});

test('the shared logger is silent by itself', async () => {
  vi.resetModules();
  const { logger } = await import('./index.ts');
  const spies = (['log', 'info', 'error'] as const).map((method) => vi.spyOn(console, method));
  logger.error('nobody listens');
  logger.spanTrace('x').end();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test('the null handler takes everything and does nothing', () => {
  const log = new Logger([new NullHandler()]);
  log.info('x');
  log.spanTrace('y').end();
  log.metric('z', 1);
});

test('the memory handler forgets the oldest records', () => {
  const memory = new MemoryHandler({ maxRecords: 2 });
  const log = new Logger([memory]);
  for (const message of ['a', 'b', 'c']) log.info(message);
  expect(memory.logs.map(({ message }) => message)).toEqual(['b', 'c']);
});

describe('the console handler', () => {
  function printed(speak: (log: Logger) => void, handler = new ConsoleHandler()): [method: string, ...unknown[]][] {
    const lines: [string, ...unknown[]][] = [];
    const methods = ['log', 'debug', 'info', 'warn', 'error'] as const;
    const spies = methods.map((method) =>
      vi.spyOn(console, method).mockImplementation((...args) => void lines.push([method, ...args])),
    );
    speak(new Logger([handler], undefined, 'TRACE'));
    for (const spy of spies) spy.mockRestore();
    return lines;
  }

  test('uses the console method of the level', () => {
    const lines = printed((log) => {
      for (const method of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[method](method);
    });
    expect(lines.map(([method]) => method)).toEqual(['log', 'debug', 'info', 'warn', 'error', 'error']);
  });

  test('prints one readable line', () => {
    const [[, line, ...rest]] = printed((log) => log.context('http').warn('slow', { ms: 12, big: 1n })) as [
      [string, string],
    ];
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN  \[http\] slow \{"ms":12,"big":"1"\}$/);
    expect(rest).toEqual([]);
  });

  test('prints attributes of any kind', () => {
    const circular: Record<string, unknown> = { name: 'loop', map: new Map([['k', new Set([1])]]) };
    circular['self'] = circular;
    const hostile = { toJSON: () => { throw new Error('no'); } }; // prettier-ignore
    const lines = printed((log) => {
      log.info('loop', circular);
      log.info('error', { error: new Error('cause') });
      log.info('hostile', { hostile });
      log.info('empty', {});
    }).map(([, line]) => line as string);
    expect(lines[0]).toContain('"map":[["k",[1]]],"self":"[shown before]"');
    expect(lines[1]).toContain('Error: cause');
    expect(lines[2]).toContain('hostile [attributes that cannot be shown]');
    expect(lines[3]).toMatch(/empty$/);
  });

  test('shows sync messages as coloured OUT and IN lines', () => {
    const message = { type: 'CONNECT_QUERY', payload: {} };
    const lines = printed((log) => {
      const sync = log.context('sync');
      sync.debug('sent', message);
      sync.debug('received', message);
    });
    expect(lines).toEqual([
      ['debug', '%c OUT %c CONNECT_QUERY', expect.stringContaining('background'), '', message],
      ['debug', '%c IN %c CONNECT_QUERY', expect.stringContaining('background'), '', message],
    ]);
  });

  test('takes a format of your own', () => {
    const handler = new ConsoleHandler({ formatter: ({ level, message }) => [level, message, 1] });
    expect(printed((log) => log.info('x'), handler)).toEqual([['info', 'INFO', 'x', 1]]);
  });

  test('tells how long spans took, and metrics', () => {
    const lines = printed((log) => {
      log.context('db').spanTrace('fetch', { rows: 2 }).end();
      log.metric('clients', 3);
    }).map(([, line]) => line);
    expect(lines).toEqual([
      expect.stringMatching(/\[db\] fetch took \d+ ms \{"rows":2\}$/),
      expect.stringMatching(/clients = 3$/),
    ]);
  });
});
