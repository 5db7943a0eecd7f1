// `serve`: runs the gateway until it is told to stop, and with another configuration when it is told to reload.
import { type App, createApp, type Reloaded } from '../app.ts';
import { type Config, ConfigError, loadConfig, type Mistake } from '../config.ts';
import { createLogger, type Logger, logChannels } from '../telemetry.ts';
import type { ReloadOutcome } from '../status.ts';
import { onReload } from './reload.ts';
import { untilSignal } from './signal.ts';

export const serve = {
  help: `serve: run the gateway

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --watch               reload when the configuration or a mapping file changes; without it, on SIGHUP and POST /reload only

A mistake in the configuration ends it with exit code 2. A directory that is down does not: the gateway answers 503 and keeps trying.
A reload that finds a mistake changes nothing: every mistake is logged, and the gateway goes on as before.`,
  options: { config: { type: 'string' }, set: { type: 'string', multiple: true }, watch: { type: 'boolean' } },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
    const load = (): Config => loadConfig(file, { env: process.env, overrides });
    let config = load();
    let log = openLog(config);
    let last: ReloadOutcome | undefined;
    const take = async (): Promise<ReloadOutcome> => {
      const at = new Date().toISOString();
      try {
        const next = load();
        const done = await app.reload(next);
        log.close();
        log = openLog(next);
        config = next;
        reportReload(log.logger, done);
        reportServed(log.logger, app, url);
        return (last = { at, ok: true, ...done });
      } catch (error) {
        const mistakes = error instanceof ConfigError ? error.mistakes : [];
        const name = error instanceof Error ? error.name : typeof error;
        reportMistakes(log.logger, 'error', mistakes);
        log.logger.error('not reloaded: the gateway goes on as before', { error: name });
        return (last = { at, ok: false, error: name, mistakes });
      }
    };
    // One after the other, whoever asks: a signal, a changed file or the operator's endpoint.
    let reloading: Promise<unknown> = Promise.resolve();
    const reload = (): Promise<ReloadOutcome> => {
      const done = reloading.then(take);
      reloading = done;
      return done;
    };
    const app = createApp(config, undefined, { file, reload, lastReload: () => last });
    const starting = app.start();
    reloading = starting.catch(() => undefined);
    const { url, adminUrl } = await starting;
    reportServed(log.logger, app, url);
    if (adminUrl !== undefined) log.logger.info('serving the operator', { listening: adminUrl });

    const files = (): readonly string[] => [...new Set([file, ...config.directories.flatMap((directory) => directory.mappingFiles)])];
    const stopReloading = onReload({ reload, ...(values['watch'] === true && { files }) });
    const signal = await untilSignal();
    stopReloading();
    log.logger.info('stopping', { signal });
    await app.stop();
    log.close();
    return 0;
  },
} as const;

function openLog({ log, warnings }: Config): { readonly logger: Logger; close(): void } {
  const logger = createLogger(log);
  const close = logChannels(logger, { persons: log.persons === true });
  reportMistakes(logger, 'warn', warnings);
  return { logger, close };
}

function reportMistakes(logger: Logger, level: 'warn' | 'error', mistakes: readonly Mistake[]): void {
  for (const { file, line, column, message } of mistakes) logger.log(level, `${file}:${line}:${column}: ${message}`);
}

function reportServed(logger: Logger, { gateways }: App, url: string): void {
  for (const { directory, path, baseUrl } of gateways)
    logger.info('serving', { directory, listening: `${url}${path}`, publicUrl: baseUrl });
}

function reportReload(logger: Logger, { connected, disconnected, needRestart }: Reloaded): void {
  logger.info('reloaded', { connected, disconnected });
  for (const key of needRestart) logger.warn('changed, and waits for a restart', { key });
}
