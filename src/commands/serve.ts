// `serve`: runs the gateway until it is told to stop, and with another configuration when it is told to reload.
import { type App, createApp, type Reloaded } from '../app.ts';
import { type Config, ConfigError, loadConfig, type Mistake } from '../config.ts';
import { createLogger, type Logger, logChannels } from '../telemetry.ts';
import { onReload } from './reload.ts';
import { untilSignal } from './signal.ts';

export const serve = {
  help: `serve: run the gateway

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --watch               reload when the configuration or a mapping file changes; without it, on SIGHUP only

A mistake in the configuration ends it with exit code 2. A directory that is down does not: the gateway answers 503 and keeps trying.
A reload that finds a mistake changes nothing: every mistake is logged, and the gateway goes on as before.`,
  options: { config: { type: 'string' }, set: { type: 'string', multiple: true }, watch: { type: 'boolean' } },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
    const load = (): Config => loadConfig(file, { env: process.env, overrides });
    let config = load();
    let log = openLog(config);
    const app = createApp(config);
    const { url } = await app.start();
    reportServed(log.logger, app, url);

    const files = (): readonly string[] => [...new Set([file, ...config.directories.flatMap((directory) => directory.mappingFiles)])];
    const reload = async (): Promise<void> => {
      try {
        const next = load();
        const done = await app.reload(next);
        log.close();
        log = openLog(next);
        config = next;
        reportReload(log.logger, done);
        reportServed(log.logger, app, url);
      } catch (error) {
        if (error instanceof ConfigError) reportMistakes(log.logger, 'error', error.mistakes);
        log.logger.error('not reloaded: the gateway goes on as before', { error: error instanceof Error ? error.name : typeof error });
      }
    };
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
  const close = logChannels(logger);
  reportMistakes(logger, 'warn', warnings);
  return { logger, close };
}

function reportMistakes(logger: Logger, level: 'warn' | 'error', mistakes: readonly Mistake[]): void {
  for (const { file, line, column, message } of mistakes) logger.log(level, `${file}:${line}:${column}: ${message}`);
}

function reportServed(logger: Logger, { gateways }: App, url: string): void {
  for (const { directory, path, baseUrl } of gateways) logger.info('serving', { directory, listening: `${url}${path}`, publicUrl: baseUrl });
}

function reportReload(logger: Logger, { connected, disconnected, needRestart }: Reloaded): void {
  logger.info('reloaded', { connected, disconnected });
  for (const key of needRestart) logger.warn('changed, and waits for a restart', { key });
}
